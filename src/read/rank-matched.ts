import type { DimensionName } from '../contract/common.ts'
import { sql } from '../db/sql.ts'
import type { Selection } from './filters.ts'
import {
  keptFrom,
  keysOf,
  matchedPosts,
  nothingScanned,
  type Scan,
  scannedFrom,
} from './matched.ts'
import type { Range } from './period.ts'
import type { ReadContext } from './question.ts'
import type { Ranking } from './ranking.ts'

/** Which posts to look at, and what to tell them apart by. */
export interface MatchedPosts {
  readonly dimension: DimensionName
  readonly range: Range
  readonly selection: Selection
}

/** The largest keys of a dimension among the newest posts of a selection. */
export async function rankMatched(
  { dimension, range, selection }: MatchedPosts,
  limit: number,
  { db }: ReadContext,
): Promise<Ranking> {
  type Row = Scan & {
    key: string | null
    count: number | null
    authors: number | null
    keys: number | null
  }
  const rows = await db.query<Row>(sql`
    with matched as materialized (${matchedPosts(selection, range)}),
    scan as (
      select count(*) as posts, (select id from matched order by id limit 1) as oldest
      from matched
    ),
    ranked as (
      select
        key, count(*) as count, count(distinct m.user_id) as authors, count(*) over () as keys
      from matched m, unnest(${keysOf[dimension]}) as key
      group by key
      order by count(*) desc, key
      limit ${limit}
    )
    select key, count, authors, keys, posts, oldest as "oldestId", ${keptFrom}
    from scan left join ranked on true
    order by count desc, key`)
  const scannedFromMs = scannedFrom(rows[0] ?? nothingScanned, range)
  return {
    items: rows.flatMap(({ key, count, authors }) =>
      key === null ? [] : [{ key, count: count ?? 0, authors: authors ?? 0 }],
    ),
    keys: rows[0]?.keys ?? 0,
    counted: scannedFromMs > range.fromMs ? 'sample' : 'posts',
    scannedFromMs,
  }
}

/** Counts of some keys among the posts of a selection, or null where not all posts of the range could be scanned. */
export async function countMatchedKeys(
  { dimension, range, selection }: MatchedPosts,
  keys: readonly string[],
  { db }: ReadContext,
): Promise<Map<string, number> | null> {
  const rows = await db.query<Scan & { key: string | null; count: number }>(sql`
    with matched as materialized (${matchedPosts(selection, range)}),
    ranked as (
      select key, count(*) as count
      from matched m, unnest(${keysOf[dimension]}) as key
      where key = any(${keys})
      group by key
    )
    select key, count, posts, oldest as "oldestId", ${keptFrom}
    from (
      select count(*) as posts, (select id from matched order by id limit 1) as oldest
      from matched
    ) as scan
    left join ranked on true`)
  if (scannedFrom(rows[0] ?? nothingScanned, range) > range.fromMs) return null
  return new Map(rows.flatMap(({ key, count }) => (key === null ? [] : [[key, count]])))
}
