/** Partitions as they are, and how one goes: out of its table at once, counted at leisure, then dropped. */
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { isConflict, isLockTimeout } from '../../db/sql-states.ts'
import {
  formatDay,
  holdsRows,
  type Period,
  partitionedTables,
  readPeriod,
} from './partitioned-tables.ts'
import { partitionLock } from './partitions.ts'

export interface Partition extends Period {
  readonly table: string
  readonly name: string
  /** With indexes. */
  readonly bytes: number
  /** The server's own estimate. */
  readonly rows: number
}

/**
 * Adds what the rows of a table count to `count_settled`, in the caller's transaction.
 *
 * @param partition a table with the columns of `bluesky_post` or `bluesky_record`, whose name begins with that
 */
export type Settle = (client: pg.Client, partition: string, signal: AbortSignal) => Promise<void>

/** Everybody waits behind who waits for such a lock, so rather try again; below the time after which deadlocks are looked for. */
const lockWait = '500ms'
const pausesMs = [100, 200, 500, 1_000, 2_000, 5_000, 5_000, 5_000]

/** All partitions but `…_other`, the oldest first. */
export async function listPartitions(client: pg.Client): Promise<Partition[]> {
  const { rows } = await client.query<Omit<Partition, keyof Period>>(
    `select
       parent.relname as "table",
       part.relname as "name",
       coalesce(pg_total_relation_size(part.oid), 0) as "bytes",
       greatest(part.reltuples, pg_stat_get_live_tuples(part.oid), 0)::bigint as "rows"
     from pg_inherits link
     join pg_class parent on parent.oid = link.inhparent
     join pg_class part on part.oid = link.inhrelid
     where parent.relnamespace = current_schema()::regnamespace and parent.relname = any($1::text[])`,
    [partitionedTables.map(({ name }) => name)],
  )
  return rows
    .flatMap((row) => {
      const table = partitionedTables.find(({ name }) => name === row.table)
      const period = table && readPeriod(table, row.name)
      return period ? [{ ...row, ...period }] : []
    })
    .sort((a, b) => a.endDay - b.endDay || a.name.localeCompare(b.name))
}

/**
 * Takes a partition out of its table, in well under a second whatever its size: from then on nobody sees its rows, and
 * what still comes for its days waits in `…_other`. `dropRetired` does the rest. Throws where others hold the table all the
 * while.
 */
export async function retirePartition(
  client: pg.Client,
  partition: Partition,
  signal: AbortSignal,
): Promise<void> {
  for (const pauseMs of [...pausesMs, null]) {
    signal.throwIfAborted()
    try {
      await detach(client, partition)
      return
    } catch (error) {
      const mayPass = isConflict(error) || isLockTimeout(error)
      if (!mayPass || pauseMs === null) throw error
      await setTimeout(pauseMs, undefined, { signal })
    }
  }
}

/**
 * Counts the rows of retired partitions into `count_settled` and drops them, each in one transaction; also those that a
 * killed process has left. Returns how many went.
 */
export async function dropRetired(
  client: pg.Client,
  settle: Settle,
  signal: AbortSignal,
): Promise<number> {
  const retired = await listRetired(client)
  for (const { name, table } of retired) {
    signal.throwIfAborted()
    await client.query('begin')
    try {
      await client.query(`lock table ${name}`) // who still reads it is to be known before the work, not after it
      if (holdsRows(table)) await settle(client, name, signal)
      signal.throwIfAborted() // it may have ended early
      await client.query(`drop table ${name}`)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
      throw error
    }
  }
  return retired.length
}

/** Partitions that are out of their table and not dropped yet: their rows are neither stored nor settled. */
export async function listRetired(client: pg.Client): Promise<{ name: string; table: string }[]> {
  const { rows } = await client.query<{ name: string; table: string }>(
    `select relname as "name", table_name as "table"
     from pg_class, unnest($1::text[]) as table_name
     where relnamespace = current_schema()::regnamespace
       and relkind = 'r'
       and relname ~ ('^' || table_name || '_[0-9]+_retired_[0-9]+$')
     order by relname`,
    [partitionedTables.map(({ name }) => name)],
  )
  return rows
}

/** The day before which everything of a table was dropped; null where nothing was. */
export async function readHorizon(client: pg.Client, table: string): Promise<number | null> {
  const { rows } = await client.query<{ day: number | null }>(
    `select max(end_day) - date '1970-01-01' as "day" from aged_out where table_name = $1`,
    [table],
  )
  return rows[0]?.day ?? null
}

async function detach(client: pg.Client, partition: Partition): Promise<void> {
  const { table, name, firstDay, endDay, bytes } = partition
  await client.query('begin')
  try {
    await client.query(`set local lock_timeout = '${lockWait}'`)
    await client.query('select pg_advisory_xact_lock($1)', [partitionLock])
    // A writer that has looked at what was dropped may still store rows of these days: they belong into the partition.
    await client.query('lock table aged_out')
    const { rows } = await client.query<{ oid: number; constraint: string; references: string }>(
      `select part.oid as "oid", fk.conname as "constraint", fk.confrelid::regclass::text as "references"
       from pg_class part
       join pg_inherits link on link.inhrelid = part.oid and link.inhparent = to_regclass($2)
       left join pg_constraint fk on fk.conrelid = part.oid and fk.contype = 'f'
       where part.oid = to_regclass($1)`,
      [name, table],
    )
    const [found] = rows
    if (found) {
      const foreign = rows.filter(({ constraint }) => constraint !== null)
      // Dropping a foreign key locks both sides; a writer comes by the account before its post.
      for (const { references } of foreign) await client.query(`lock table ${references}`)
      await client.query(`alter table ${table} detach partition ${name}`)
      for (const { constraint } of foreign) {
        await client.query(`alter table ${name} drop constraint ${constraint}`)
      }
      await client.query(`alter table ${name} rename to ${name}_retired_${found.oid}`)
      await client.query(
        `insert into aged_out (table_name, first_day, end_day, bytes)
         values ($1, $2, $3, $4)
         on conflict (table_name, first_day) do update
         set bytes = excluded.bytes, dropped_at = excluded.dropped_at`,
        [table, formatDay(firstDay), formatDay(endDay), bytes],
      )
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
    throw error
  }
}
