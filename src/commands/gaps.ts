import type { Config } from '../config.ts'
import { openPool, type Pool } from '../db/pool.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import type { StoreLimits } from '../pipeline/store-until.ts'
import type { Logger } from '../telemetry/logger.ts'
import { configOf, type DatabaseFlags, databaseSettings } from './command-context.ts'

export interface OpenedGaps extends AsyncDisposable {
  readonly url: string
  readonly db: Pool
  readonly config: Config
  readonly logger: Logger
}

/** The database in use, for commands on what was not received. */
export async function openGaps(flags: DatabaseFlags): Promise<OpenedGaps> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using scope = new AsyncDisposableStack()
  const { url } = scope.use(await lookAtDatabase(config, logger))
  const db = scope.use(
    openPool({
      url,
      max: 1,
      statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
      applicationName: 'bluesky-analytics gaps',
    }),
  )
  const owned = scope.move()
  return { url, db, config, logger, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** How much is read and stored at a time. */
export function storeLimits(config: Config): StoreLimits {
  return {
    maxFrames: config.BATCH_MAX_EVENTS,
    maxWaitMs: config.BATCH_MAX_MS,
    maxLogBytes: config.EVENTLOG_MAX_BYTES,
  }
}
