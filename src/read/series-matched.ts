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
import type { ReadContext } from './question.ts'
import { type AskedSeries, type Point, type Series, toColumns } from './series.ts'

type Row = Partial<Point> & Scan & { rank: number | null }

/** Series over the newest posts of a selection: of the keys asked for, or of the largest among these posts. */
export async function matchedSeries(
  { dimension, edges, keys, top }: AskedSeries,
  selection: Selection,
  { db }: ReadContext,
): Promise<Series> {
  const range = { fromMs: edges[0] ?? 0, toMs: edges.at(-1) ?? 0 }
  const dates = edges.map((edgeMs) => new Date(edgeMs))
  const rows = await db.query<Row>(sql`
    with matched as materialized (${matchedPosts(selection, range)}),
    placed as (
      select
        m.id,
        ${keysOf[dimension]} as keys,
        width_bucket(to_timestamp(m.time_us / 1000000), ${dates}::timestamptz[]) - 1 as index
      from matched m
    ),
    scan as (
      select count(*) as posts, (select id from placed order by id limit 1) as oldest
      from placed
    ),
    ranked as (
      select key, row_number() over (order by count(*) desc, key) as rank
      from placed, unnest(keys) as key
      where ${keys ?? null}::text[] is null or key = any(${keys ?? null})
      group by key
      order by rank
      limit ${keys ? keys.length : top}
    ),
    point as (
      select ranked.key, ranked.rank, placed.index, count(*) as count
      from placed, unnest(keys) as key
      join ranked using (key)
      group by ranked.key, ranked.rank, placed.index
      union all
      select null, null, index, count(*)
      from placed
      where not keys && (select coalesce(array_agg(key), '{}') from ranked)
      group by index
    )
    select posts, oldest as "oldestId", ${keptFrom}, key, rank, index, count
    from scan left join point on true
    order by rank`)
  const scannedFromMs = scannedFrom(rows[0] ?? nothingScanned, range)
  const shown = keys ?? [...new Set(rows.flatMap(({ key }) => key ?? []))]
  return {
    ...toColumns(shown, rows.flatMap(toPoint), edges.length - 1),
    authors: null,
    counted: scannedFromMs > range.fromMs ? 'sample' : 'posts',
    scannedFromMs,
  }
}

function toPoint({ key, index, count }: Row): Point[] {
  if (index === undefined || index === null || count === undefined || count === null) return []
  return [{ key: key ?? null, index, count }]
}
