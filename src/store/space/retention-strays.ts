import type pg from 'pg'
import { formatDay, holdsRows } from './partitioned-tables.ts'
import type { Settle } from './retention-partitions.ts'

/** Pages of 8 KiB that are looked through at a time: no index leads to what is old, and a stretch is read in milliseconds. */
const pagesAtOnce = 1_024
const dayUs = 86_400_000_000

/** How old a row of `…_other` is: by its last operation, not by its id, which may be odd. */
const ages: Readonly<Record<string, (day: number) => string>> = {
  bluesky_post: (day) => `time_us < ${day * dayUs}`,
  bluesky_record: (day) => `time_us < ${day * dayUs}`,
  author_key: (day) => `day < '${formatDay(day)}'`,
}
const byBucket = (day: number) => `bucket < '${formatDay(day)} 00:00:00+00'`

/**
 * Deletes the rows outside of partitions whose last operation was before a UTC day (since 1970): odd and old ids, and
 * tombstones. A stretch of the table is one transaction, which first adds what its rows count to `count_settled`. Ends
 * early, with what was deleted so far, when the signal aborts.
 */
export async function deleteStrays(
  client: pg.Client,
  { table, beforeDay, settle }: { table: string; beforeDay: number; settle: Settle },
  signal: AbortSignal,
): Promise<number> {
  const isOld = (ages[table] ?? byBucket)(beforeDay)
  const pages = await countPages(client, `${table}_other`)
  let deleted = 0
  for (let page = 0; page < pages && !signal.aborted; page += pagesAtOnce) {
    const stretch = `ctid >= '(${page},0)' and ctid < '(${page + pagesAtOnce},0)' and ${isOld}`
    if (!holdsRows(table)) {
      const { rowCount } = await client.query(`delete from ${table}_other where ${stretch}`)
      deleted += rowCount ?? 0
      continue
    }
    const { rows } = await client.query<{ some: boolean }>(
      `select exists (select from ${table}_other where ${stretch}) as "some"`,
    )
    if (rows[0]?.some) deleted += await settleAndDelete(client, { table, stretch, settle }, signal)
  }
  return deleted
}

async function settleAndDelete(
  client: pg.Client,
  { table, stretch, settle }: { table: string; stretch: string; settle: Settle },
  signal: AbortSignal,
): Promise<number> {
  const strays = `${table}_strays`
  await client.query('begin')
  try {
    await client.query(`create temporary table ${strays} (like ${table}) on commit drop`)
    const { rowCount } = await client.query(`
      with gone as (
        delete from ${table}_other
        where ${stretch}
        returning *
      )
      insert into ${strays} select * from gone`)
    await settle(client, strays, signal)
    signal.throwIfAborted() // it may have ended early
    await client.query('commit')
    return rowCount ?? 0
  } catch (error) {
    await client.query('rollback').catch(() => undefined) // a lost connection rolls back by itself
    if (signal.aborted) return 0
    throw error
  }
}

async function countPages(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ pages: number }>(
    `select pg_relation_size($1) / current_setting('block_size')::int as "pages"`,
    [table],
  )
  return rows[0]?.pages ?? 0
}
