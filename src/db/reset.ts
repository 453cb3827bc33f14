import type pg from 'pg'
import { AppError } from '../errors.ts'
import { migrationLock, readMigrations } from './migrate.ts'

/** What a database holds of this program, roughly: rows are the server's own estimate, counting them would take long. */
export interface Holding {
  readonly database: string
  readonly rows: number
  readonly bytes: number
}

/** A connection that writes into this database: who it is, as pg_stat_activity shows it. */
export interface Writer {
  readonly pid: number
  readonly name: string
}

const lockWait = '30s'

export async function readHolding(client: pg.Client): Promise<Holding> {
  const { tables } = await ownObjects()
  const { rows } = await client.query<Holding>(
    `select
       current_database() as "database",
       coalesce(sum(greatest(pg_stat_get_live_tuples(leaf.oid), leaf.reltuples, 0)), 0)::bigint as "rows",
       coalesce(sum(pg_total_relation_size(leaf.oid)), 0)::bigint as "bytes"
     from (
       select distinct coalesce(part.relid, to_regclass(name)) as oid
       from unnest($1::text[]) as name
       left join lateral pg_partition_tree(to_regclass(name)) as part on true
     ) as ours
     join pg_class leaf on leaf.oid = ours.oid and leaf.relkind = 'r'`,
    [tables],
  )
  return rows[0] ?? { database: '', rows: 0, bytes: 0 }
}

/** The connections of this program that store into this database or tidy it up. */
export async function findWriters(client: pg.Client): Promise<Writer[]> {
  const { rows } = await client.query<Writer>(
    `select pid as "pid", application_name as "name"
     from pg_stat_activity
     where datname = current_database()
       and pid <> pg_backend_pid()
       and (application_name like 'store %' or application_name like 'bluesky-analytics maintain%')
     order by pid`,
  )
  return rows
}

/**
 * Drops everything that the migrations ever made, in one transaction; what others keep in the same database stays. Throws
 * `AppError` `DATABASE_IN_USE` while a process of this program writes.
 */
export async function dropSchema(client: pg.Client): Promise<void> {
  const { tables, types } = await ownObjects()
  await client.query('begin')
  try {
    await client.query(`set local lock_timeout = '${lockWait}'`)
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock])
    requireNoWriter(await findWriters(client))
    const retired = await findRetired(client, tables)
    await client.query(`drop table if exists ${[...tables, ...retired, 'migration'].join(', ')}`)
    for (const type of types) await client.query(`drop type if exists ${type}`)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
    throw error
  }
}

/** Throws `AppError` `DATABASE_IN_USE` that names the writers, where there are any. */
export function requireNoWriter(writers: readonly Writer[]): void {
  if (writers.length === 0) return
  const named = writers.map(({ pid, name }) => `${name} (connection ${pid})`).join(', ')
  throw new AppError('DATABASE_IN_USE', `this database is being written: ${named}`, {
    hint: 'Stop start, persistence, replay and maintain that use it, then try again.',
  })
}

/** Partitions that are out of their table and were not dropped yet. */
async function findRetired(client: pg.Client, tables: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct relname as "name"
     from pg_class, unnest($1::text[]) as parent
     where relnamespace = current_schema()::regnamespace
       and relkind = 'r'
       and relname ~ ('^' || parent || '_[0-9]+_retired_[0-9]+$')`,
    [tables],
  )
  return rows.map(({ name }) => name)
}

/** Names that the migrations create. They are constants of this program, written in lower case without quotes. */
async function ownObjects(): Promise<{ tables: string[]; types: string[] }> {
  const text = (await readMigrations()).map((migration) => migration.text).join('\n')
  const named = (kind: string) => [
    ...new Set(
      [
        ...text.matchAll(
          new RegExp(`^create (?:unlogged )?${kind} (?:if not exists )?(\\w+)`, 'gm'),
        ),
      ]
        .map(([, name = '']) => name)
        .filter(Boolean),
    ),
  ]
  return { tables: named('table'), types: named('type') }
}
