import type pg from 'pg'
import { uuidFloor } from '../event/ids.ts'

const dayUs = 86_400_000_000
const partitionLock = 0x62736b70

/**
 * A stream is about now, so a batch touches one day, or two at midnight. One that touches more is a collection of old
 * records: the days with most of them get partitions, the rest stays in `…_other`.
 */
const maxNewDays = 3

/** The tables that are partitioned by day. */
export const partitionedTables = ['bluesky_post', 'bluesky_record'] as const

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

  /** Makes the partitions of a day, in a transaction of its own; rows of that day that wait in `…_other` move. */
  async create(client: pg.Client, day: number): Promise<void> {
    await client.query('begin')
    try {
      await client.query('select pg_advisory_xact_lock($1)', [partitionLock])
      for (const table of partitionedTables) await attach(client, table, day)
      await client.query('commit')
    } catch (cause) {
      await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
      throw cause
    }
    this.#days.add(day)
  }
}

async function attach(
  client: pg.Client,
  table: (typeof partitionedTables)[number],
  day: number,
): Promise<void> {
  const name = `${table}_${new Date(day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')}`
  const { rows } = await client.query<{ found: boolean }>(
    'select to_regclass($1) is not null as "found"',
    [name],
  )
  if (rows[0]?.found) return
  const from = uuidFloor(day * 86_400_000)
  const to = uuidFloor((day + 1) * 86_400_000)
  await client.query(
    `create table ${name} (like ${table} including defaults including constraints)`,
  )
  // What another writer puts into …_other from here on would keep the partition from being attached.
  await client.query(`lock table ${table}_other in share row exclusive mode`)
  await client.query(`
    with moved as (
      delete from ${table}_other
      where id >= '${from}' and id < '${to}'
      returning *
    )
    insert into ${name} select * from moved`)
  await client.query(
    `alter table ${table} attach partition ${name} for values from ('${from}') to ('${to}')`,
  )
}
