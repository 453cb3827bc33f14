import type pg from 'pg'
import { readSchemaState, type SchemaState } from '../db/migrate.ts'
import { explain, openClient } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import type { Check } from '../pipeline/check.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import { formatSpan } from '../pipeline/numbers.ts'
import { runChecks } from './check-list.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'

/**
 * Tries the database in use, quickly: reach it, its version, reading and writing, the schema. Changes nothing. False where
 * something fails.
 */
export async function dbTest(flags: DatabaseFlags, { signal }: CommandContext): Promise<boolean> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  return runChecks(
    databaseChecks(() => lookAtDatabase(config, logger)),
    { json: flags.json === true, signal },
  )
}

/** The checks of `db-test`, also part of `doctor`. The database is opened once and closed behind the last of them. */
export async function* databaseChecks(
  open: () => Promise<{ url: string } & AsyncDisposable>,
): AsyncGenerator<Check> {
  await using scope = new AsyncDisposableStack()
  let client: pg.Client | null = null
  const connected = () => {
    if (client) return client
    throw new AppError('DATABASE_UNAVAILABLE', 'there is no connection')
  }
  yield {
    name: 'database',
    async run() {
      const { url } = scope.use(await open())
      const opened = await openClient({
        url,
        statementTimeoutMs: 10_000,
        applicationName: 'bluesky-analytics db-test',
      })
      scope.defer(() => opened.end())
      client = opened
      return describeServer(opened)
    },
  }
  yield { name: 'write', requires: 'database', run: () => tryWriting(connected()) }
  yield {
    name: 'schema',
    requires: 'database',
    run: async () => `version ${(await checkSchema(connected())).version}, as this program wants`,
  }
}

/** The schema that a database has. Throws `AppError` `DATABASE_UNFIT` where it is older than this program's. */
export async function checkSchema(client: pg.Client): Promise<SchemaState> {
  const { version, wanted } = await readSchemaState(client)
  if (version === wanted) return { version, wanted }
  throw new AppError(
    'DATABASE_UNFIT',
    version === 0
      ? `there is no schema yet, this program wants version ${wanted}`
      : `the schema is at version ${version}, this program wants ${wanted}`,
    { hint: 'Run db-init. The next start or persistence does it too.' },
  )
}

async function describeServer(client: pg.Client): Promise<string> {
  const started = performance.now()
  const { rows } = await client.query<{ version: string; database: string }>(
    `select current_setting('server_version') as "version", current_database() as "database"`,
  )
  const roundTrip = formatSpan(performance.now() - started)
  return `PostgreSQL ${rows[0]?.version}, database ${rows[0]?.database}, answers in ${roundTrip}`
}

async function tryWriting(client: pg.Client): Promise<string> {
  await client.query('begin')
  try {
    await client.query('create temporary table probe (n integer) on commit drop')
    const { rows } = await client.query<{ n: number }>('insert into probe values (1) returning n')
    if (rows[0]?.n === 1) return 'what was written came back'
    throw new AppError('DATABASE_UNFIT', 'what was written did not come back')
  } catch (cause) {
    const known = explain(cause)
    if (known instanceof AppError) throw known
    throw new AppError('DATABASE_UNFIT', (cause as Error).message, {
      cause,
      hint: 'The account of DATABASE_URL must be able to create temporary tables, on a server that is no replica.',
    })
  } finally {
    await client.query('rollback')
  }
}
