import { openDatabase, requireSameKind } from '../pipeline/database.ts'
import { openFollow } from '../pipeline/follow.ts'
import { maintain } from '../pipeline/maintain.ts'
import { reportMaintenance } from '../pipeline/maintenance-status.ts'
import { createProcessTelemetry } from '../pipeline/process-telemetry.ts'
import { openServe } from '../pipeline/serve.ts'
import {
  type CommandContext,
  configOf,
  databaseSettings,
  type ServerFlags,
} from './command-context.ts'

export interface StartFlags extends ServerFlags {
  readonly demo?: boolean
}

/** All roles in one process, until the signal aborts. */
export async function start(flags: StartFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  const synthetic = config.SOURCE === 'synthetic'
  if (config.KAFKA_BROKERS.length > 0)
    logger.warn('start does not use Kafka; KAFKA_BROKERS is for ingest and persistence')
  await using scope = new AsyncDisposableStack()
  const telemetry = createProcessTelemetry('start')
  const { board } = telemetry
  const database = scope.use(await openDatabase(config, 'own', logger))
  await requireSameKind(database.url, synthetic)
  const ended = new AbortController()
  const maintenance = maintain({
    url: database.url,
    settings: config,
    once: false,
    signal: AbortSignal.any([signal, ended.signal]),
    logger,
    liveness: telemetry.liveness,
    ...reportMaintenance(board),
  })
  scope.defer(async () => {
    ended.abort()
    await maintenance
  })
  const server = scope.use(
    await openServe({ config, databaseUrl: database.url, telemetry, logger }),
  )
  const follow = await openFollow({
    config,
    databaseUrl: database.url,
    board,
    telemetry,
    logger,
    signal,
  })
  const label = synthetic ? ' (demo: invented people and posts)' : ''
  if (flags.json) console.log(JSON.stringify({ url: server.url, synthetic }))
  else console.log(`Bluesky Analytics is at ${server.url}${label}`)
  await follow.done
}
