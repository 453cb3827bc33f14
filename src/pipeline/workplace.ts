import type { Config } from '../config.ts'
import type { EmbeddedDatabase } from '../db/embedded.ts'
import type { Logger } from '../telemetry/logger.ts'
import { openDatabase } from './database.ts'
import { openOps } from './operations.ts'
import type { ProcessTelemetry } from './process-telemetry.ts'
import { untilAvailable } from './until-available.ts'

export interface WorkplaceOptions {
  readonly config: Config
  readonly telemetry: ProcessTelemetry
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** What a role that writes and answers no questions needs around it. */
export interface Workplace extends AsyncDisposable {
  readonly databaseUrl: string
  /** Where its metrics and health are. */
  readonly opsUrl: string
}

/**
 * The database, as soon as it is there, and the server for metrics and health, which is there meanwhile: what waits says so.
 * Throws `AppError` `PORT_IN_USE`, and DATABASE_… that waiting does not mend.
 */
export async function openWorkplace(options: WorkplaceOptions): Promise<Workplace> {
  const { config, telemetry, logger } = options
  await using scope = new AsyncDisposableStack()
  const open = () => awaitDatabase(options)
  // Where an embedded database will be is known when it is open.
  const known = config.DATABASE_URL === '' ? scope.use(await open()).url : config.DATABASE_URL
  const ops = scope.use(await openOps({ config, telemetry, databaseUrl: known, logger }))
  if (config.DATABASE_URL !== '') scope.use(await open())
  const owned = scope.move()
  return {
    databaseUrl: known,
    opsUrl: ops.url,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/**
 * The database with the newest schema, as soon as it is there. Throws DATABASE_… that waiting does not mend, and the signal's
 * reason when it aborts.
 */
export function awaitDatabase({
  config,
  logger,
  signal,
}: Pick<WorkplaceOptions, 'config' | 'logger' | 'signal'>): Promise<EmbeddedDatabase> {
  return untilAvailable(() => openDatabase(config, 'share', logger), {
    signal,
    onTrouble: ({ message, hint }, waitMs) =>
      logger.warn({ error: message, hint, waitMs }, 'the database is away; trying again'),
  })
}
