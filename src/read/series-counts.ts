import type { DimensionName } from '../contract/common.ts'
import { type Sql, sql } from '../db/sql.ts'
import { countedRows } from './counted.ts'
import type { ReadContext } from './question.ts'
import { rankCounts } from './rank-counts.ts'
import { type AskedSeries, exclusive, type Point, type Series, toColumns } from './series.ts'

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
    counted: 'counts',
    scannedFromMs: range.fromMs,
  }
}

/** Series of one key of a dimension under another name; there is nothing else. */
export async function countedSeriesOf(
  { dimension, key, name }: { dimension: DimensionName; key: string; name: string },
  { edges }: AskedSeries,
  context: ReadContext,
): Promise<Series> {
  const rows = countedRows(dimension, edges, [key])
  const points = await readPoints(rows, edges, [key], context)
  const named = points.map((point) => ({ ...point, key: name }))
  return {
    ...toColumns([name], named, edges.length - 1),
    counted: 'counts',
    scannedFromMs: edges[0] ?? 0,
  }
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
      sum(n)::bigint as "count"
    from (${counted}) as counted
    group by 1, 2`)
}
