import { openDatabase, requireSameKind } from '../pipeline/database.ts'
import { openFollow } from '../pipeline/follow.ts'
import { openServe } from '../pipeline/serve.ts'
import { StatusBoard } from '../pipeline/status-board.ts'
import { type CommandContext, configOf, type ServerFlags } from './command-context.ts'

export interface StartFlags extends ServerFlags {
  readonly demo?: boolean
}

/** All roles in one process, until the signal aborts. */
export async function start(flags: StartFlags, { signal }: CommandContext): Promise<void> {
  const { config, logger } = configOf(flags, flags.demo ? { SOURCE: 'synthetic' } : {})
  const synthetic = config.SOURCE === 'synthetic'
  await using scope = new AsyncDisposableStack()
  const board = new StatusBoard()
  const database = scope.use(await openDatabase(config, 'own', logger))
  await requireSameKind(database.url, synthetic)
  const server = scope.use(await openServe({ config, databaseUrl: database.url, board, logger }))
  const follow = await openFollow({ config, databaseUrl: database.url, board, logger, signal })
  const label = synthetic ? ' (demo: invented people and posts)' : ''
  if (flags.json) console.log(JSON.stringify({ url: server.url, synthetic }))
  else console.log(`Bluesky Analytics is at ${server.url}${label}`)
  await follow.done
}
