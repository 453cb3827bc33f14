import { post } from '../collections/post.ts'
import type { DimensionName } from '../contract/common.ts'
import { sql } from '../db/sql.ts'
import { countedRows } from './counted.ts'
import type { Range } from './period.ts'
import type { ReadContext } from './question.ts'
import type { Ranked, Ranking } from './ranking.ts'
import { sumCounts } from './sums.ts'

/** The largest keys of a dimension in a range. */
export async function rankCounts(
  asked: { dimension: DimensionName; range: Range; limit: number },
  { db }: ReadContext,
): Promise<Ranking> {
  const { dimension, range, limit } = asked
  const rows = await db.query<Ranked & { keys: number }>(sql`
    select key, sum(n)::bigint as "count", count(*) over () as "keys"
    from (${countedRows(dimension, [range.fromMs, range.toMs])}) as counted
    group by key
    having sum(n) > 0
    order by "count" desc, key
    limit ${limit}`)
  return {
    items: rows.map(({ key, count }) => ({ key, count })),
    keys: rows[0]?.keys ?? 0,
    counted: 'counts',
    scannedFromMs: range.fromMs,
  }
}

/** The one collection there is among selected posts: only posts have languages, tags and domains. */
export async function rankPosts(
  key: { readonly dimension: DimensionName; readonly key: string },
  range: Range,
  context: ReadContext,
): Promise<Ranking> {
  const count = await sumCounts(key.dimension, range, context, [key.key])
  const items = count > 0 ? [{ key: post.nsid, count }] : []
  return { items, keys: items.length, counted: 'counts', scannedFromMs: range.fromMs }
}

/** Counts of some keys in a range. */
export async function countKeys(
  dimension: DimensionName,
  keys: readonly string[],
  range: Range,
  { db }: ReadContext,
): Promise<Map<string, number>> {
  const rows = await db.query<Ranked>(sql`
    select key, sum(n)::bigint as "count"
    from (${countedRows(dimension, [range.fromMs, range.toMs], keys)}) as counted
    group by key`)
  return new Map(rows.map(({ key, count }) => [key, count]))
}
