import { AppError } from '../errors.ts'
import { openDatabase } from '../pipeline/database.ts'
import { type ChoreDone, maintain as maintainDatabase } from '../pipeline/maintain.ts'
import { reportMaintenance } from '../pipeline/maintenance-status.ts'
import { createProcessTelemetry } from '../pipeline/process-telemetry.ts'
import { openWorkplace } from '../pipeline/workplace.ts'
import { printResult } from './check-list.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'

export interface MaintainFlags extends DatabaseFlags {
  readonly once?: boolean
}

/** Does the chores of the database in use until the signal aborts, or once. Throws where one failed once. */
export async function maintain(flags: MaintainFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  const once = flags.once === true
  const done: ChoreDone[] = []
  const telemetry = createProcessTelemetry('maintain')
  const status = reportMaintenance(telemetry.board)
  await using scope = new AsyncDisposableStack()
  let url: string
  if (once) {
    url = scope.use(await openDatabase(config, 'share', logger)).url
  } else {
    const place = scope.use(await openWorkplace({ config, telemetry, logger, signal }))
    url = place.databaseUrl
    console.log(
      flags.json
        ? JSON.stringify({ maintaining: true, ops: place.opsUrl })
        : 'Maintaining; Ctrl-C ends it',
    )
  }
  await maintainDatabase({
    url,
    settings: config,
    once,
    signal,
    logger,
    liveness: telemetry.liveness,
    onState: status.onState,
    onChore(chore) {
      status.onChore(chore)
      if (!once) return
      done.push(chore)
      if (flags.json) return
      const { name, ok, warning, detail: found, ms } = chore
      const state = warning ? 'warning' : 'ok'
      printResult({ name, state: ok ? state : 'failed', found, advice: [], ms })
    },
  })
  if (!once) return
  const ok = done.every((chore) => chore.ok)
  if (flags.json) console.log(JSON.stringify({ ok, chores: done }, null, 2))
  if (!ok) {
    throw new AppError('DATABASE_UNFIT', 'not every chore was done', {
      hint: 'They are safe to do again: run it once more when what is said above is mended.',
    })
  }
}
