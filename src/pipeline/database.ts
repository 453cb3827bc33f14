import { join } from 'node:path'
import type { Config } from '../config.ts'
import {
  type EmbeddedDatabase,
  type EmbeddedOptions,
  findEmbedded,
  hasEmbedded,
  openEmbedded,
  requireEmbedded,
} from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import { explain as explainServer, openClient } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../telemetry/logger.ts'

/**
 * The database in use, started if it is ours and not running, with the newest schema. Throws `AppError` of kind DATABASE_….
 *
 * @param role `own` refuses to join a server that another process runs
 */
export async function openDatabase(
  config: Config,
  role: EmbeddedOptions['role'],
  logger: Logger,
): Promise<EmbeddedDatabase> {
  await using scope = new AsyncDisposableStack()
  const database = scope.use(await reachDatabase(config, role))
  await bringUpToDate(database.url, logger)
  scope.move()
  return database
}

/**
 * The database in use for a command that only looks: as `openDatabase`, but none is made, and the schema of a server that
 * others may use stays as it is. Only one that this process had to start, of its own folder, is brought up to date. Throws
 * `AppError` `DATABASE_UNAVAILABLE` where there is none.
 */
export async function lookAtDatabase(config: Config, logger: Logger): Promise<EmbeddedDatabase> {
  await requireDatabase(config)
  await using scope = new AsyncDisposableStack()
  const database = scope.use(await reachDatabase(config, 'share'))
  if (database.owned) await bringUpToDate(database.url, logger)
  scope.move()
  return database
}

/** The database in use, whatever schema it has; the caller says what becomes of it. */
export async function reachDatabase(
  config: Config,
  role: EmbeddedOptions['role'],
): Promise<EmbeddedDatabase> {
  const { DATABASE_URL: url } = config
  if (url !== '') return { url, owned: false, async [Symbol.asyncDispose]() {} }
  const dataDir = dataFolder(config)
  return openEmbedded({ dataDir, role }).catch(
    explain(`cannot keep a database in ${dataDir}`, 'Choose another folder with --data-dir.'),
  )
}

/** Makes the newest schema. Throws `AppError` of kind DATABASE_…. */
export async function bringUpToDate(url: string, logger: Logger): Promise<void> {
  const client = await openClient({
    url,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics migrate',
  }).catch(explain('cannot use the database', 'Check DATABASE_URL.'))
  try {
    const applied = await migrate(client).catch(
      explain(
        'cannot bring the schema of the database up to date',
        'The account of DATABASE_URL must be able to create tables in the schema public.',
      ),
    )
    if (applied.length > 0) logger.info({ applied }, 'schema brought up to date')
  } finally {
    await client.end()
  }
}

/** Where the database in use is, without starting or changing anything. */
export async function findDatabase(config: Config): Promise<{ url: string; running: boolean }> {
  if (config.DATABASE_URL !== '') return { url: config.DATABASE_URL, running: true }
  await requireDatabase(config)
  return findEmbedded(dataFolder(config))
}

/** Whether there is a database to look at; of a server of your own only looking tells. */
export async function hasDatabase(config: Config): Promise<boolean> {
  return config.DATABASE_URL !== '' || (await hasEmbedded(dataFolder(config)))
}

async function requireDatabase(config: Config): Promise<void> {
  if (config.DATABASE_URL !== '') return
  try {
    await requireEmbedded(dataFolder(config))
  } catch (cause) {
    if (!(cause instanceof AppError) || !(await hasOnlyDemo(config))) throw cause
    const hint = `${cause.hint ?? ''} There is a demo: add --demo.`.trimStart()
    throw new AppError(cause.code, cause.message, { cause, hint })
  }
}

async function hasOnlyDemo(config: Config): Promise<boolean> {
  return config.SOURCE !== 'synthetic' && (await hasEmbedded(demoFolder(config)))
}

/** The folder of the embedded database: invented events never share one with real ones. */
function dataFolder({ DATA_DIR, SOURCE }: Config): string {
  return SOURCE === 'synthetic' ? demoFolder({ DATA_DIR }) : DATA_DIR
}

function demoFolder({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string {
  return join(DATA_DIR, 'demo')
}

/** What the system and PostgreSQL say by themselves (no permission, no password, disk full), with what was attempted. */
function explain(attempt: string, hint: string): (cause: unknown) => never {
  return (raised) => {
    const cause = explainServer(raised)
    if (cause instanceof AppError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('DATABASE_UNFIT', `${attempt}: ${message}`, { cause, hint })
  }
}

/** Refuses to store invented events beside real ones, or the other way round. Throws `AppError` `DATABASE_FOREIGN`. */
export async function requireSameKind(databaseUrl: string, synthetic: boolean): Promise<void> {
  const client = await openClient({
    url: databaseUrl,
    statementTimeoutMs: 10_000,
    applicationName: 'bluesky-analytics',
  })
  try {
    const { rows } = await client.query<{ source: string }>(
      // Through Kafka only the host tells; a partition of which nothing is stored yet has none.
      `select source as "source"
       from position
       where host <> '' and (source like 'synthetic:%' or host like 'synthetic:%') <> $1
       limit 1`,
      [synthetic],
    )
    const [other] = rows
    if (!other) return
    throw new AppError(
      'DATABASE_FOREIGN',
      synthetic
        ? `this database holds real events (${other.source}); the demo would mix invented ones in`
        : `this database holds invented events (${other.source}); real ones would mix with them`,
      { hint: 'Use another database, or another --data-dir.' },
    )
  } catch (cause) {
    throw explainServer(cause)
  } finally {
    await client.end().catch(() => undefined) // it may be the lost connection that ended us
  }
}
