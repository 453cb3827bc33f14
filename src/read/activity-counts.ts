import { raw, type Sql, sql } from '../db/sql.ts'
import { lastIdOf, probeShift } from './active-accounts.ts'
import type { Range } from './period.ts'
import type { ReadContext } from './question.ts'
import { grainMs } from './slices.ts'

/** Different accounts in each bucket, in the order of the buckets. */
export interface CountedActivity {
  readonly accounts: readonly number[]
  /** Whether some were extrapolated from a part of the accounts. */
  readonly estimated: boolean
}

/** A bucket, and the greatest account id that is counted in it. */
export interface Sampled extends Range {
  readonly lastId: string
}

/** Accounts that are counted in all buckets together, some tenths of a second of work … */
const mostCounted = 1_000_000
/** … but in each of them at least so many, for an error of about 3 %, and no more than make it one of 0.5 %. */
const perBucket = { least: 1_000, most: 50_000 }

/**
 * Counts the accounts of each bucket (of whole UTC hours) by itself: an account of two hours is one of their three-hour
 * bucket. Where there are many, a fair sample is counted, as for the headline number, and in all buckets the same
 * accounts as far as possible, so that a line over them moves with the network and not with chance.
 */
export async function countActivity(
  buckets: readonly Range[],
  context: ReadContext,
): Promise<CountedActivity> {
  const probe = await countBelow(buckets, () => probeShift, context)
  const busy = probe.filter((accounts) => accounts > 0).length
  const share = Math.min(perBucket.most, mostCounted / Math.max(1, busy))
  const most = Math.max(perBucket.least, share)
  const shifts = probe.map((accounts) => {
    // Rounded, not up: the probe is rough, and twice the work is better than a number that need not be estimated.
    const shift = Math.round(Math.log2((accounts * 2 ** probeShift) / most))
    return Math.min(probeShift, Math.max(0, shift))
  })
  const shiftOf = (index: number) => shifts[index] ?? 0
  const part = await countBelow(buckets, shiftOf, context)
  return {
    accounts: part.map((accounts, index) => accounts * 2 ** shiftOf(index)),
    estimated: shifts.some((shift) => shift > 0),
  }
}

async function countBelow(
  buckets: readonly Range[],
  shiftOf: (index: number) => number,
  { db }: ReadContext,
): Promise<readonly number[]> {
  const sampled = buckets.map((bucket, index) => ({ ...bucket, lastId: lastIdOf(shiftOf(index)) }))
  const rows = await db.query<{ index: number; accounts: number }>(activityRows(sampled))
  const counts = new Map(rows.map(({ index, accounts }) => [index, accounts]))
  return buckets.map((_, index) => counts.get(index) ?? 0)
}

/** Statement: `(index, accounts)` of each bucket; a day of UTC from one row an account, anything else from its hours. */
export function activityRows(buckets: readonly Sampled[]): Sql {
  const numbered = buckets.map((bucket, index) => ({ ...bucket, index }))
  const isDay = ({ fromMs, toMs }: Range) =>
    fromMs % grainMs.day === 0 && toMs - fromMs === grainMs.day
  const days = numbered.filter(isDay)
  const others = numbered.filter((bucket) => !isDay(bucket))
  return sql`
    ${accountsOf(days, raw('author_day'), raw(`interval '24 hours'`))}
    union all
    ${accountsOf(others, raw('author_hour'), raw(`interval '1 hour'`))}`
}

// The offset keeps the planner from turning the loop over the key into a join with the whole table.
function accountsOf(
  buckets: readonly (Sampled & { readonly index: number })[],
  table: Sql,
  step: Sql,
): Sql {
  return sql`
    select wanted.index, counted.accounts
    from
      unnest(
        ${buckets.map(({ index }) => index)}::int[],
        ${buckets.map(({ fromMs }) => new Date(fromMs))}::timestamptz[],
        ${buckets.map(({ toMs }) => new Date(toMs))}::timestamptz[],
        ${buckets.map(({ lastId }) => lastId)}::uuid[]
      ) as wanted (index, starts, ends, last_id)
      cross join lateral (
        select count(distinct active.user_id) as accounts
        from
          generate_series(wanted.starts, wanted.ends - ${step}, ${step}) as part (bucket)
          cross join lateral (
            select user_id
            from ${table}
            where bucket = part.bucket and user_id <= wanted.last_id
            offset 0
          ) as active
      ) as counted`
}
