import type pg from 'pg'
import { isMissingTable } from '../../db/sql-states.ts'
import { type Corrected, drainFound } from './settle-rows.ts'

/** Pages of 8 KiB that are read by one statement, so that it is short and its memory bounded: 16 MiB, about 20 ms. */
const pagesAtOnce = 2_048
/** Rows that are found before they are put right: most stretches hold none or a few. */
const foundAtOnce = 50_000

export interface Stretch {
  readonly partition: string
  readonly firstPage: number
  readonly endPage: number
  /** How much of the table is read behind it, 0 to 1. */
  readonly done: number
}

/**
 * All of a partitioned table, partition by partition, in stretches. Rows of `…_other` move when a partition is made for them,
 * so it is read first, and the partitions are looked up behind it. Rows that appear meanwhile may be missing. Ends early when
 * the signal aborts.
 */
export async function* stretchesOf(
  client: pg.Client,
  table: string,
  signal: AbortSignal,
): AsyncGenerator<Stretch> {
  const other = `${table}_other`
  const total = (await listPages(client, table)).reduce((sum, { pages }) => sum + pages, 0)
  let read = 0
  const isOther = ({ name }: { name: string }) => name === other
  for (const first of [true, false]) {
    const partitions = (await listPages(client, table)).filter((part) => isOther(part) === first)
    for (const { name, pages } of partitions) {
      for (let page = 0; page < pages; page += pagesAtOnce) {
        if (signal.aborted) return
        const end = page + pagesAtOnce
        read += Math.min(end, pages) - page
        yield {
          partition: name,
          firstPage: page,
          endPage: end,
          done: Math.min(1, read / Math.max(1, total)),
        }
      }
    }
  }
}

/** Condition on the rows of a stretch, known under an alias. */
export function within({ firstPage, endPage }: Stretch, alias: string): string {
  return `${alias}.ctid >= '(${firstPage},0)' and ${alias}.ctid < '(${endPage},0)'`
}

/** Puts right what bluesky_record has of the chosen accounts. */
export async function sweepRecords(
  client: pg.Client,
  signal: AbortSignal,
  onProgress: (done: number, corrected: Corrected) => void,
): Promise<void> {
  let found = 0
  let done = 0
  const drain = async () => {
    if (found === 0) return
    found = 0
    await drainFound(client, 'bluesky_record', signal, (_, corrected) =>
      onProgress(done, corrected),
    )
  }
  for await (const stretch of stretchesOf(client, 'bluesky_record', signal)) {
    const find = async () => {
      const { rowCount } = await client.query(`
        insert into settle_row (id)
        select stored.id
        from only ${stretch.partition} as stored
        join settle_account as chosen on chosen.user_id = stored.user_id
        where ${within(stretch, 'stored')}
          and stored.collection not like '$%'
          and (stored.rev < chosen.cut_bits or stored.hidden <> chosen.hidden)`)
      return rowCount ?? 0
    }
    found += await onPartition(find, 0)
    done = stretch.done
    if (found >= foundAtOnce) await drain()
    onProgress(done, { deleted: 0, changed: 0 })
  }
  await drain()
}

/**
 * Removes what says with nothing behind it any more that an account, now gone, once used a tag or a word. It counts nothing, so
 * nothing is to be corrected.
 */
export async function sweepAuthors(
  client: pg.Client,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<void> {
  const { rows } = await client.query<{ some: boolean }>(
    'select exists (select from settle_account where gone) as "some"',
  )
  if (!rows[0]?.some) return
  for await (const stretch of stretchesOf(client, 'author_key', signal)) {
    const remove = async () => {
      await client.query(`
        delete from only ${stretch.partition} as stored
        using settle_account as chosen
        where ${within(stretch, 'stored')}
          and stored.user_id = chosen.user_id and chosen.gone and stored.n = 0`)
    }
    await onPartition(remove, undefined)
    onProgress(stretch.done)
  }
}

/** What comes of a statement on one partition; `none` where it was dropped meanwhile. */
export async function onPartition<T>(statement: () => Promise<T>, none: T): Promise<T> {
  try {
    return await statement()
  } catch (error) {
    if (isMissingTable(error)) return none
    throw error
  }
}

async function listPages(
  client: pg.Client,
  table: string,
): Promise<{ readonly name: string; readonly pages: number }[]> {
  const { rows } = await client.query<{ name: string; pages: number }>(
    `select
       part.relid::regclass::text as "name",
       coalesce(pg_relation_size(part.relid) / current_setting('block_size')::int, 0) as "pages"
     from pg_partition_tree($1) as part
     where part.isleaf
     order by 1`,
    [table],
  )
  return rows
}
