import type { DimensionName } from '../contract/common.ts'
import { sql } from '../db/sql.ts'
import { countedRows } from './counted.ts'
import type { Range } from './period.ts'
import type { ReadContext } from './question.ts'

/** Sum of some keys of a dimension over a range, or of all of them. */
export async function sumCounts(
  dimension: DimensionName,
  range: Range,
  context: ReadContext,
  keys?: readonly string[],
): Promise<number> {
  const [row] = await context.db.query<{ n: number }>(sql`
    select coalesce(sum(n), 0)::bigint as "n"
    from (${countedRows(dimension, [range.fromMs, range.toMs], keys)}) as counted`)
  return row?.n ?? 0
}
