import type pg from 'pg'
import { openClient } from '../../db/pool.ts'
import { isMissingTable } from '../../db/sql-states.ts'
import { AppError } from '../../errors.ts'
import { partitionedTables } from '../space/partitioned-tables.ts'

/** A table that holds rows itself: a partition, or a partition that is out of its table and not settled yet. */
export interface Leaf {
  /** What it is a part of. */
  readonly table: string
  readonly name: string
  /** The server's own estimate. */
  readonly rows: number
}

/** One moment of the database that any number of short transactions can look at, one after the other. */
export interface Snapshot extends AsyncDisposable {
  readonly leaves: readonly Leaf[]
  /** By table, the UTC day since 1970 before which its partitions were dropped. */
  readonly horizons: ReadonlyMap<string, number>
  /** Runs reads of that moment in a transaction of their own, which may write into temporary tables. */
  read<T>(client: pg.Client, run: () => Promise<T>): Promise<T>
}

const tries = 5

/**
 * Holds a moment. Nobody waits for who holds it: it locks no more than the partitions it will read against being dropped, and
 * of what outlives the day, such as `…_other`, nothing. As long as it is held nothing that was deleted since is vacuumed.
 */
export async function openSnapshot(url: string): Promise<Snapshot> {
  const client = await openClient({
    url,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics snapshot',
  })
  try {
    await client.query('set idle_in_transaction_session_timeout = 0')
    for (let left = tries; left > 0; left--) {
      const snapshot = await hold(client)
      if (snapshot) return snapshot
    }
    throw new AppError('DATABASE_UNFIT', 'the partitions of the database keep changing', {
      hint: 'Try again when maintenance is done.',
    })
  } catch (error) {
    await client.end().catch(() => undefined) // it may be the lost connection that ended us
    throw error
  }
}

/** Null where a partition came or went before it could be locked. */
async function hold(client: pg.Client): Promise<Snapshot | null> {
  const before = await listLeaves(client)
  await client.query('begin isolation level repeatable read read only')
  const lasting = before.filter(({ name }) => !name.endsWith('_other'))
  try {
    for (const { name } of lasting) await client.query(`lock table ${name} in access share mode`)
  } catch (error) {
    await client.query('rollback')
    if (isMissingTable(error)) return null
    throw error
  }
  // The moment is that of the first statement that reads, which comes after the locks.
  const leaves = await listLeaves(client)
  if (namesOf(leaves) !== namesOf(before)) {
    await client.query('rollback')
    return null
  }
  const id = await exportSnapshot(client)
  const horizons = await readHorizons(client)
  return {
    leaves,
    horizons,
    async read(reader, run) {
      await reader.query('begin isolation level repeatable read')
      try {
        await reader.query(`set transaction snapshot '${id}'`)
        const answer = await run()
        await reader.query('commit')
        return answer
      } catch (error) {
        await reader.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => undefined) // it may be the lost connection that ended us
    },
  }
}

async function listLeaves(client: pg.Client): Promise<Leaf[]> {
  const { rows } = await client.query<Leaf>(
    `select
       name as "table",
       part.relname as "name",
       greatest(part.reltuples, pg_stat_get_live_tuples(part.oid), 0)::bigint as "rows"
     from unnest($1::text[]) as name
     join pg_class part on part.relnamespace = current_schema()::regnamespace and part.relkind = 'r'
     where part.oid in (select inhrelid from pg_inherits where inhparent = to_regclass(name))
        or (name in ('bluesky_post', 'bluesky_record') and part.relname ~ ('^' || name || '_[0-9]+_retired_[0-9]+$'))
     order by name, part.relname`,
    [partitionedTables.map(({ name }) => name)],
  )
  return rows
}

async function exportSnapshot(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>('select pg_export_snapshot() as "id"')
  const [{ id } = { id: '' }] = rows
  return id
}

async function readHorizons(client: pg.Client): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ table: string; day: number }>(
    `select table_name as "table", max(end_day) - date '1970-01-01' as "day" from aged_out group by table_name`,
  )
  return new Map(rows.map(({ table, day }) => [table, day]))
}

function namesOf(leaves: readonly Leaf[]): string {
  return leaves.map(({ name }) => name).join()
}
