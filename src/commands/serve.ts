import { setTimeout } from 'node:timers/promises'
import { createProcessTelemetry } from '../pipeline/process-telemetry.ts'
import { openServe } from '../pipeline/serve.ts'
import { awaitDatabase } from '../pipeline/workplace.ts'
import { type CommandContext, configOf, type ServerFlags } from './command-context.ts'

/** The reading side alone: API and dashboard on what is stored, until the signal aborts. */
export async function serve(flags: ServerFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags)
  await using scope = new AsyncDisposableStack()
  const open = async () => scope.use(await awaitDatabase({ config, logger, signal }))
  // Where an embedded database will be is known when it is open; any other one is waited for with the server up, which says so.
  const known = config.DATABASE_URL === '' ? (await open()).url : config.DATABASE_URL
  const server = scope.use(
    await openServe({
      config,
      databaseUrl: known,
      telemetry: createProcessTelemetry('serve'),
      logger,
    }),
  )
  if (flags.json) console.log(JSON.stringify({ url: server.url }))
  else console.log(`Bluesky Analytics is at ${server.url} (reading only)`)
  if (config.DATABASE_URL !== '') await open()
  await forever(signal)
}

async function forever(signal: AbortSignal): Promise<void> {
  const longestTimer = 2 ** 31 - 1
  while (!signal.aborted) {
    await setTimeout(longestTimer, undefined, { signal }).catch(() => undefined) // aborted: the loop ends
  }
}
