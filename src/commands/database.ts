import { openClient } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import { findDatabase, openDatabase } from '../pipeline/database.ts'
import { type Check, runChecks } from './check-list.ts'
import { type CommonFlags, configOf } from './command-context.ts'

export interface DatabaseFlags extends CommonFlags {
  readonly demo?: boolean
}

/** Creates or updates the schema; harmless when there is nothing to do. */
export async function dbInit(flags: DatabaseFlags): Promise<void> {
  await using database = await openInUse(flags)
  const version = await readSchemaVersion(database.url)
  if (flags.json) console.log(JSON.stringify({ ok: true, schemaVersion: version }))
  else console.log(`The schema is at version ${version}`)
}

/** Prints the connection string of the database in use, for psql. Starts and changes nothing. */
export async function dbUrl(flags: DatabaseFlags): Promise<void> {
  const { config } = configOf(flags, flags.demo ? { SOURCE: 'synthetic' } : {})
  const { url, running } = await findDatabase(config)
  if (!running)
    console.error('It is not running now: the embedded database runs while Bluesky Analytics does.')
  console.log(flags.json ? JSON.stringify({ url, running }) : url)
}

/** Tries the database in use: reach it, its version, the schema, reading and writing. Exit code 1 where something fails. */
export async function dbTest(flags: DatabaseFlags): Promise<boolean> {
  return runChecks(
    databaseChecks(() => openInUse(flags)),
    flags.json === true,
  )
}

/** The checks of `db-test`, also part of `doctor`. */
export function databaseChecks(open: () => Promise<{ url: string } & AsyncDisposable>): Check[] {
  return [
    {
      name: 'database',
      async run() {
        await using database = await open()
        const client = await openClient({
          url: database.url,
          statementTimeoutMs: 10_000,
          applicationName: 'bluesky-analytics db-test',
        })
        try {
          await client.query('begin')
          await client.query('create temporary table probe (n integer) on commit drop')
          const { rows } = await client.query<{ version: string; schema: number; n: number }>(
            `with written as (insert into probe values (1) returning n)
             select current_setting('server_version') as "version",
                    (select max(number) from migration) as "schema",
                    (select n from written) as "n"`,
          )
          await client.query('rollback')
          const [row] = rows
          if (row?.n !== 1)
            throw new AppError('DATABASE_UNFIT', 'what was written did not come back')
          return `PostgreSQL ${row.version} reads and writes, schema version ${row.schema}`
        } finally {
          await client.end()
        }
      },
    },
  ]
}

export function openInUse(
  flags: DatabaseFlags,
): Promise<{ url: string; owned: boolean } & AsyncDisposable> {
  const { config, logger } = configOf(flags, flags.demo ? { SOURCE: 'synthetic' } : {})
  return openDatabase(config, 'share', logger)
}

async function readSchemaVersion(url: string): Promise<number> {
  const client = await openClient({
    url,
    statementTimeoutMs: 10_000,
    applicationName: 'bluesky-analytics',
  })
  try {
    const { rows } = await client.query<{ version: number }>(
      'select max(number) as "version" from migration',
    )
    return rows[0]?.version ?? 0
  } finally {
    await client.end()
  }
}
