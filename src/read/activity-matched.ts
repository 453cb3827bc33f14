import { sql } from '../db/sql.ts'
import type { Selection } from './filters.ts'
import { keptFrom, matchedPosts, nothingScanned, type Scan, scannedFrom } from './matched.ts'
import type { ReadContext } from './question.ts'

/** Authors of the matching posts in each bucket. */
export interface MatchedActivity {
  readonly accounts: readonly number[]
  /** Where a scan that did not see the whole range began, ms. */
  readonly scannedFromMs: number
}

/** Counts the authors of the newest posts of a selection by bucket; bucket i is [edges[i], edges[i + 1]), ms. */
export async function matchActivity(
  edges: readonly number[],
  selection: Selection,
  { db }: ReadContext,
): Promise<MatchedActivity> {
  const range = { fromMs: edges[0] ?? 0, toMs: edges.at(-1) ?? 0 }
  const dates = edges.map((edgeMs) => new Date(edgeMs))
  const rows = await db.query<Scan & { index: number | null; accounts: number | null }>(sql`
    with matched as materialized (${matchedPosts(selection, range)}),
    scan as (
      select count(*) as posts, (select id from matched order by id limit 1) as oldest
      from matched
    ),
    point as (
      select
        width_bucket(to_timestamp(m.time_us / 1000000), ${dates}::timestamptz[]) - 1 as index,
        count(distinct m.user_id) as accounts
      from matched m
      group by 1
    )
    select posts, oldest as "oldestId", ${keptFrom}, index, accounts
    from scan left join point on true`)
  const counts = new Map(rows.map(({ index, accounts }) => [index, accounts ?? 0]))
  return {
    accounts: edges.slice(0, -1).map((_, index) => counts.get(index) ?? 0),
    scannedFromMs: scannedFrom(rows[0] ?? nothingScanned, range),
  }
}
