import type pg from 'pg'
import {
  boundOf,
  type PartitionedTable,
  type Period,
  partitionedTables,
  partitionName,
  periodOf,
} from './partitioned-tables.ts'

const dayUs = 86_400_000_000
/** Held while the partitions of a table change. */
export const partitionLock = 0x62736b70

/**
 * A stream is about now, so a batch touches one day, or two at midnight. One that touches more is a collection of old
 * records: the days with most of them get partitions, the rest stays in `…_other`.
 */
const maxNewDays = 3

/** The day partitions that are known to exist, made when a batch first needs them. */
export class Partitions {
  readonly #days = new Set<number>()

  /** The UTC days (since 1970) of these network times that still need partitions; the most frequent first. */
  missing(timesUs: Iterable<number>): number[] {
    const rows = new Map<number, number>()
    for (const timeUs of timesUs) {
      const day = Math.floor(timeUs / dayUs)
      if (!this.#days.has(day)) rows.set(day, (rows.get(day) ?? 0) + 1)
    }
    return [...rows]
      .sort(([, a], [, b]) => b - a)
      .slice(0, maxNewDays)
      .map(([day]) => day)
  }

  /**
   * Makes the partitions of a day, and of the month it lies in, in transactions of their own; rows of theirs that wait in
   * `…_other` move.
   */
  async create(client: pg.Client, day: number): Promise<void> {
    await createPartitions(client, partitionedTables, day)
    this.#days.add(day)
  }
}

/** Makes those partitions of the tables that hold the day and are not there yet. Returns how many. */
export async function createPartitions(
  client: pg.Client,
  tables: readonly PartitionedTable[],
  day: number,
): Promise<number> {
  const wanted = tables.map((table) => {
    const period = periodOf(table, day)
    return { table, period, name: partitionName(table, period) }
  })
  const { rows } = await client.query<{ name: string }>(
    'select name as "name" from unnest($1::text[]) as name where to_regclass(name) is null',
    [wanted.map(({ name }) => name)],
  )
  const missing = new Set(rows.map(({ name }) => name))
  const made = wanted.filter(({ name }) => missing.has(name))
  // One table at a time: a transaction that held several would meet writers that take them in another order.
  for (const { table, period } of made) await createPartition(client, table, period)
  return made.length
}

/** UTC days (since 1970), from one on, of which rows wait in `…_other`; not for ids, which may be of any day. */
export async function listWaitingDays(
  client: pg.Client,
  { name, column }: PartitionedTable,
  fromDay: number,
): Promise<number[]> {
  if (column === 'id') return []
  const day = column === 'day' ? 'day' : `(bucket at time zone 'UTC')::date`
  const { rows } = await client.query<{ day: number }>(
    `select distinct ${day} - date '1970-01-01' as "day"
     from ${name}_other
     where ${column} >= ${boundOf({ column }, Math.max(0, fromDay))}
     order by 1`,
  )
  return rows.map((row) => row.day)
}

interface Surroundings {
  /** Whether another process has made it meanwhile. */
  readonly found: boolean
  /** Storage parameters of `…_other`, which new partitions share: a partition takes none from its parent. */
  readonly storage: string | null
  /** Tables that rows refer to; attaching locks them. */
  readonly referenced: readonly string[]
}

async function createPartition(
  client: pg.Client,
  table: PartitionedTable,
  period: Period,
): Promise<void> {
  const name = partitionName(table, period)
  const other = `${table.name}_other`
  const from = boundOf(table, period.firstDay)
  const to = boundOf(table, period.endDay)
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [partitionLock])
    const { rows } = await client.query<Surroundings>(surroundings, [name, table.name, other])
    const { found = false, storage = null, referenced = [] } = rows[0] ?? {}
    if (!found) {
      await client.query(`
        create table ${name} (
          like ${table.name} including defaults including constraints including storage including compression
        ) ${storage === null ? '' : `with (${storage})`}`)
      // In the order in which a writer comes by them, or each would wait for the other.
      for (const first of referenced) {
        await client.query(`lock table ${first} in share row exclusive mode`)
      }
      // What another writer puts into …_other from here on would keep the partition from being attached.
      await client.query(`lock table ${other} in share row exclusive mode`)
      await client.query(`
        with moved as (
          delete from ${other}
          where ${table.column} >= ${from} and ${table.column} < ${to}
          returning *
        )
        insert into ${name} select * from moved`)
      await client.query(
        `alter table ${table.name} attach partition ${name} for values from (${from}) to (${to})`,
      )
    }
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
    throw cause
  }
}

const surroundings = `
  select
    to_regclass($1) is not null as "found",
    (select array_to_string(reloptions, ', ') from pg_class where oid = to_regclass($3)) as "storage",
    array(
      select distinct confrelid::regclass::text
      from pg_constraint
      where conrelid = to_regclass($2) and contype = 'f'
    ) as "referenced"`
