import { sql } from '../db/sql.ts'
import type { Range } from './period.ts'
import type { ReadContext } from './question.ts'
import { bucketStarts, grainMs, planSlices } from './slices.ts'

/** Different accounts that did something in the clock hours of a range. */
export interface ActiveAccounts {
  readonly accounts: number
  /** Whether it was extrapolated from a part of the accounts. */
  readonly estimated: boolean
}

/** Rows that are read to the last, about 0.1 s of work; above it a part of the accounts is read that has about as many. */
const maxRows = 100_000
/** The part read first, to learn how much there is: 1 in 2^12. */
export const probeShift = 12

/** From this length on, half an hour more or less at the start is small. */
const longMs = 6 * grainMs.hour

/**
 * The whole hours that stand for a range: activity is kept by hour. Short ranges are widened to the hours they touch; of
 * long ones the start is rounded to the nearest hour, so that one of 24 hours stays one.
 */
export function activityHours(range: Range): Range {
  const hour = grainMs.hour
  const toMs = Math.ceil(range.toMs / hour) * hour
  const long = range.toMs - range.fromMs >= longMs
  const fromMs = (long ? Math.round : Math.floor)(range.fromMs / hour) * hour
  return { fromMs, toMs }
}

/**
 * Counts accounts over whole hours. Ids of accounts are hashes, so the accounts below an id are a fair sample, and the
 * key (bucket, user_id) finds them without reading the others: millions of rows become some hundred thousand, and the
 * estimate is within 1 %.
 */
export async function countActiveAccounts(
  hours: Range,
  context: ReadContext,
): Promise<ActiveAccounts> {
  const slices = planSlices([hours.fromMs, hours.toMs], ['day', 'hour'])
  const days = bucketStarts('day', slices.day)
  const singleHours = bucketStarts('hour', slices.hour)
  const probe = await countBelow(probeShift, days, singleHours, context)
  const rows = probe.rows * 2 ** probeShift
  const shift = rows <= maxRows ? 0 : Math.min(probeShift, Math.ceil(Math.log2(rows / maxRows)))
  const part = shift === probeShift ? probe : await countBelow(shift, days, singleHours, context)
  return { accounts: part.accounts * 2 ** shift, estimated: shift > 0 }
}

async function countBelow(
  shift: number,
  days: readonly Date[],
  hours: readonly Date[],
  { db }: ReadContext,
): Promise<{ accounts: number; rows: number }> {
  const last = lastIdOf(shift)
  const [row] = await db.query<{ accounts: number; rows: number }>(sql`
    select count(*) as "accounts", coalesce(sum(n), 0)::bigint as "rows"
    from (
      select user_id, count(*) as n
      from (
        select user_id
        from author_day
        where bucket = any(${days}::timestamptz[]) and user_id <= ${last}::uuid
        union all
        select user_id
        from author_hour
        where bucket = any(${hours}::timestamptz[]) and user_id <= ${last}::uuid
      ) as active
      group by user_id
    ) as account`)
  return row ?? { accounts: 0, rows: 0 }
}

/** Greatest id of the first 2^-shift of all ids. */
export function lastIdOf(shift: number): string {
  const head = (2 ** (32 - shift) - 1).toString(16).padStart(8, '0')
  return `${head}-ffff-ffff-ffff-ffffffffffff`
}
