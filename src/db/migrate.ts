import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { AppError } from '../errors.ts'

const folder = fileURLToPath(new URL('../../migrations', import.meta.url))
/** Held while the schema is being made or dropped. */
export const migrationLock = 0x62736b6d
const oldestServer = 180_000

interface Migration {
  readonly number: number
  readonly name: string
  readonly text: string
  readonly checksum: string
}

/**
 * Brings the schema to the newest version, one transaction a file, under an advisory lock so that any number of processes
 * may start at once. Returns the names applied now. Throws `AppError` `DATABASE_UNFIT` for a server before PostgreSQL 18,
 * `DATABASE_FOREIGN` when the database holds migrations that this program does not have, or has otherwise.
 */
export async function migrate(client: pg.Client): Promise<string[]> {
  await requireServer(client)
  const migrations = await readMigrations()
  await client.query('select pg_advisory_lock($1)', [migrationLock])
  try {
    await client.query(`
      create table if not exists migration (
        number      integer     primary key,
        name        text        not null,
        checksum    text        not null,
        applied_at  timestamptz not null default now()
      );
      comment on table migration is 'The files of migrations/ that made this database, with their SHA-256.'`)
    const { rows } = await client.query<{ number: number; checksum: string }>(
      'select number, checksum from migration order by number',
    )
    for (const row of rows) requireSame(row, migrations)
    const applied: string[] = []
    for (const migration of migrations.slice(rows.length)) {
      await apply(client, migration)
      applied.push(migration.name)
    }
    return applied
  } finally {
    await client.query('select pg_advisory_unlock($1)', [migrationLock])
  }
}

export interface SchemaState {
  /** Number of the newest migration that made this database; 0 where there is no schema yet. */
  readonly version: number
  /** The newest one that this program has. */
  readonly wanted: number
}

/**
 * Which schema a database has, without changing it. Throws `AppError` as `migrate` does for a server or a schema that this
 * program cannot use.
 */
export async function readSchemaState(client: pg.Client): Promise<SchemaState> {
  await requireServer(client)
  const migrations = await readMigrations()
  const { rows: found } = await client.query<{ found: boolean }>(
    `select to_regclass('migration') is not null as "found"`,
  )
  if (found[0]?.found !== true) return { version: 0, wanted: migrations.length }
  const { rows } = await client.query<{ number: number; checksum: string }>(
    'select number, checksum from migration order by number',
  )
  for (const row of rows) requireSame(row, migrations)
  return { version: rows.at(-1)?.number ?? 0, wanted: migrations.length }
}

/** The files of `migrations/` in order. Throws when numbers are missing or doubled. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name, index) => {
      const number = Number.parseInt(name, 10)
      if (number !== index + 1) throw new Error(`migration ${name} should have number ${index + 1}`)
      const text = await readFile(join(folder, name), 'utf8')
      return { number, name, text, checksum: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

async function requireServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; name: string }>(
    `select current_setting('server_version_num') as "number", current_setting('server_version') as "name"`,
  )
  if (Number(rows[0]?.number) >= oldestServer) return
  throw new AppError(
    'DATABASE_UNFIT',
    `the database is PostgreSQL ${rows[0]?.name}, version 18 is needed`,
    {
      hint: 'Point DATABASE_URL at a PostgreSQL 18, or leave it empty to use the embedded one.',
    },
  )
}

function requireSame(
  row: { number: number; checksum: string },
  migrations: readonly Migration[],
): void {
  const ours = migrations[row.number - 1]
  if (ours?.checksum === row.checksum) return
  throw new AppError(
    'DATABASE_FOREIGN',
    ours
      ? `migration ${ours.name} is not the one that made this database`
      : `the database has migration ${row.number}, which this program does not know`,
    { hint: 'Run the version of the program that made the database, or a newer one.' },
  )
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(migration.text)
    await client.query('insert into migration (number, name, checksum) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.checksum,
    ])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    throw new AppError(
      'DATABASE_UNFIT',
      `migration ${migration.name} failed: ${(cause as Error).message}`,
      { cause },
    )
  }
}
