import type { DimensionName } from '../contract/common.ts'
import { raw, type Sql, sql } from '../db/sql.ts'
import { grainsOf } from './grains.ts'
import { type Grain, planSlices } from './slices.ts'

const tables: Readonly<Record<Grain, Sql>> = {
  minute: raw('count_minute'),
  hour: raw('count_hour'),
  day: raw('count_day'),
}

/**
 * Statement part that yields `(bucket, key, n, authors)` of a dimension between the first and the last edge (ms since 1970), each
 * row lying within one of the buckets that the edges cut, from the fewest rows that can tell. Edges are whole multiples of the
 * finest grain that the dimension is counted in (`grains.ts`).
 */
export function countedRows(
  dimension: DimensionName,
  edges: readonly number[],
  keys?: readonly string[],
): Sql {
  const slices = planSlices(edges, grainsOf(dimension))
  const wanted = keys ? sql`and c.key = any(${keys})` : raw('')
  const parts: Sql[] = []
  for (const grain of ['day', 'hour', 'minute'] as const) {
    const ranges = slices[grain]
    if (ranges.length === 0) continue
    const starts = ranges.map(({ fromMs }) => new Date(fromMs))
    const ends = ranges.map(({ toMs }) => new Date(toMs))
    parts.push(sql`
      select c.bucket, c.key, c.n, c.authors
      from unnest(${starts}::timestamptz[], ${ends}::timestamptz[]) as slice (starts, ends)
      join ${tables[grain]} c
        on c.dimension = ${dimension} and c.bucket >= slice.starts and c.bucket < slice.ends
      ${wanted}`)
  }
  const [first, ...rest] = parts
  if (!first)
    return sql`
      select null::timestamptz as bucket, null::text as key, 0::bigint as n, 0::bigint as authors
      limit 0`
  return rest.reduce((all, next) => sql`${all} union all ${next}`, first)
}
