import type { DimensionName } from '../contract/common.ts'
import { type Sql, sql } from '../db/sql.ts'
import { countedRows } from './counted.ts'
import { hasAuthors } from './grains.ts'
import type { ReadContext } from './question.ts'
import { rankCounts } from './rank-counts.ts'
import { type AskedSeries, exclusive, type Point, type Series, toColumns } from './series.ts'
import { grainMs } from './slices.ts'

/** Series of the keys asked for, or of the largest, with everything else as the rest. */
export async function countedSeries(asked: AskedSeries, context: ReadContext): Promise<Series> {
  const { dimension, edges } = asked
  const range = { fromMs: edges[0] ?? 0, toMs: edges.at(-1) ?? 0 }
  const keys =
    asked.keys ??
    (await rankCounts({ dimension, range, limit: asked.top }, context)).items.map(({ key }) => key)
  // Where keys overlap there is no rest to tell, and the other keys need not be read.
  const rows = countedRows(dimension, edges, exclusive.includes(dimension) ? undefined : keys)
  const points = await readPoints(rows, edges, keys, context)
  return {
    ...toColumns(keys, points, edges.length - 1),
    authors: authorsOf(asked, keys, points),
    counted: 'counts',
    scannedFromMs: range.fromMs,
  }
}

/** Series of one key of a dimension under another name; there is nothing else. */
export async function countedSeriesOf(
  { dimension, key, name }: { dimension: DimensionName; key: string; name: string },
  asked: AskedSeries,
  context: ReadContext,
): Promise<Series> {
  const { edges } = asked
  const rows = countedRows(dimension, edges, [key])
  const points = await readPoints(rows, edges, [key], context)
  const named = points.map((point) => ({ ...point, key: name }))
  return {
    ...toColumns([name], named, edges.length - 1),
    authors: authorsOf({ dimension, edges }, [name], named),
    counted: 'counts',
    scannedFromMs: edges[0] ?? 0,
  }
}

/** Accounts are counted by hour and day: buckets that are just one of these have a number, others cannot be added up from them. */
function authorsOf(
  { dimension, edges }: Pick<AskedSeries, 'dimension' | 'edges'>,
  keys: readonly string[],
  points: readonly Point[],
): Series['authors'] {
  const single = edges.every((edgeMs, index) => {
    const width = (edges[index + 1] ?? edgeMs) - edgeMs
    return width === 0 || (isGrain(width) && edgeMs % width === 0)
  })
  if (!single || !hasAuthors(dimension)) return null
  const columns = new Map(
    keys.map((key) => [key, new Array<number | null>(edges.length - 1).fill(0)]),
  )
  for (const { key, index, count, authors = 0 } of points) {
    const column = columns.get(key ?? '')
    // Whatever has rows has accounts: none were counted where there is no number of them.
    if (key !== null && column) column[index] = authors === 0 && count > 0 ? null : authors
  }
  return Object.fromEntries(columns)
}

function isGrain(ms: number): boolean {
  return ms === grainMs.hour || ms === grainMs.day
}

function readPoints(
  counted: Sql,
  edges: readonly number[],
  keys: readonly string[],
  { db }: ReadContext,
): Promise<Point[]> {
  const dates = edges.map((edgeMs) => new Date(edgeMs))
  return db.query<Point>(sql`
    select
      case when key = any(${keys}) then key end as "key",
      width_bucket(bucket, ${dates}::timestamptz[]) - 1 as "index",
      sum(n)::bigint as "count",
      sum(authors)::bigint as "authors"
    from (${counted}) as counted
    group by 1, 2`)
}
