import type pg from 'pg'
import { encodeArray } from '../db/array-encoder.ts'
import type { Id } from '../event/ids.ts'
import type { AuthorCounts } from './author-counts.ts'
import type { UserChange } from './batch.ts'
import { kinds } from './kinds.ts'
import { isDayStored, isMinuteStored } from './known-users.ts'

const minuteUs = 60_000_000
const minutesPerHour = 60
const minutesPerDay = 24 * minutesPerHour
/** Minutes of an hour are sent as two numbers, because one of 60 bits is none in JavaScript. */
const halfHour = 30

/** Rows of author_hour by column: those of an account and hour once. */
export interface ActiveHours {
  readonly buckets: number[]
  readonly ids: Id[]
  /** Bit m for minute m. */
  readonly low: number[]
  /** Bit m for minute 30 + m. */
  readonly high: number[]
}

/** Rows of author_day by column: those of an account and day once. */
export interface ActiveDays {
  readonly buckets: number[]
  readonly ids: Id[]
  readonly kinds: number[]
}

/** What accounts did in a batch, as far as that is not known to be stored. */
export function activityOf(users: Iterable<UserChange>): { hours: ActiveHours; days: ActiveDays } {
  const hours: ActiveHours = { buckets: [], ids: [], low: [], high: [] }
  const days: ActiveDays = { buckets: [], ids: [], kinds: [] }
  for (const { id, known, activity } of users) {
    const [hoursBefore, daysBefore] = [hours.ids.length, days.ids.length]
    for (const active of activity) {
      if (!isMinuteStored(known, active.minute)) addHour(hours, hoursBefore, id, active.minute)
      if (!isDayStored(known, active)) addDay(days, daysBefore, id, active)
    }
  }
  return { hours, days }
}

/** @param before rows of other accounts */
function addHour(to: ActiveHours, before: number, id: Id, minute: number): void {
  const bucket = Math.floor(minute / minutesPerHour) * minutesPerHour * minuteUs
  let at = to.buckets.indexOf(bucket, before)
  if (at < 0) at = to.ids.push(id) - 1
  to.buckets[at] = bucket
  const place = minute % minutesPerHour
  to.low[at] = (to.low[at] ?? 0) | (place < halfHour ? 1 << place : 0)
  to.high[at] = (to.high[at] ?? 0) | (place < halfHour ? 0 : 1 << (place - halfHour))
}

function addDay(
  to: ActiveDays,
  before: number,
  id: Id,
  { minute, kinds: done }: UserChange['activity'][number],
): void {
  const bucket = Math.floor(minute / minutesPerDay) * minutesPerDay * minuteUs
  let at = to.buckets.indexOf(bucket, before)
  if (at < 0) at = to.ids.push(id) - 1
  to.buckets[at] = bucket
  to.kinds[at] = (to.kinds[at] ?? 0) | done
}

/**
 * Writes which accounts were active when, and tells which of them are new: in a minute, an hour, a day, and on a day by what
 * they did. Belongs into the transaction that stores the rows.
 */
export async function writeActivity(
  client: pg.Client,
  { hours, days }: { hours: ActiveHours; days: ActiveDays },
  authors: AuthorCounts,
): Promise<void> {
  if (hours.ids.length > 0) {
    const { rows } = await client.query<Fresh>({
      name: 'merge-author-hour',
      text: mergeHours,
      values: [
        encodeArray('timestamptz', hours.buckets),
        encodeArray('uuid', hours.ids),
        encodeArray('int4', hours.low),
        encodeArray('int4', hours.high),
      ],
    })
    for (const { bucketUs, low, high, n, firsts } of rows) {
      authors.add('hour', bucketUs, 'active', 'any', firsts)
      for (let minute = 0; minute < minutesPerHour; minute++) {
        const set = minute < halfHour ? low & (1 << minute) : high & (1 << (minute - halfHour))
        if (set) authors.add('minute', bucketUs + minute * minuteUs, 'active', 'any', n)
      }
    }
  }
  if (days.ids.length > 0) {
    const { rows } = await client.query<Omit<Fresh, 'high'>>({
      name: 'merge-author-day',
      text: mergeDays,
      values: [
        encodeArray('timestamptz', days.buckets),
        encodeArray('uuid', days.ids),
        encodeArray('int2', days.kinds),
      ],
    })
    for (const { bucketUs, low, n, firsts } of rows) {
      authors.add('day', bucketUs, 'active', 'any', firsts)
      for (const [kind, bit] of Object.entries(kinds)) {
        if (low & bit) authors.add('day', bucketUs, 'active', kind, n)
      }
    }
  }
}

/** Rows to which the same was added: which bits, to how many, and how many of them are new. */
interface Fresh {
  readonly bucketUs: number
  readonly low: number
  readonly high: number
  readonly n: number
  readonly firsts: number
}

const mergeHours = `
  with merged as (
    insert into author_hour as stored (bucket, user_id, minutes)
    select bucket, user_id, low::bigint | (high::bigint << ${halfHour})
    from unnest($1::timestamptz[], $2::uuid[], $3::int4[], $4::int4[]) as active (bucket, user_id, low, high)
    order by bucket, user_id
    on conflict (bucket, user_id) do update
    set minutes = stored.minutes | excluded.minutes
    where stored.minutes | excluded.minutes <> stored.minutes
    returning new.bucket as bucket, new.minutes & ~coalesce(old.minutes, 0) as fresh, old.bucket is null as first
  )
  select
    (extract(epoch from bucket) * 1000000)::bigint as "bucketUs",
    (fresh & ${2 ** halfHour - 1})::int4 as "low",
    (fresh >> ${halfHour})::int4 as "high",
    count(*) as "n",
    count(*) filter (where first) as "firsts"
  from merged
  group by bucket, fresh`

const mergeDays = `
  with merged as (
    insert into author_day as stored (bucket, user_id, kinds)
    select bucket, user_id, kinds
    from unnest($1::timestamptz[], $2::uuid[], $3::int2[]) as active (bucket, user_id, kinds)
    order by bucket, user_id
    on conflict (bucket, user_id) do update
    set kinds = stored.kinds | excluded.kinds
    where stored.kinds | excluded.kinds <> stored.kinds
    returning new.bucket as bucket, new.kinds & ~coalesce(old.kinds, 0::int2) as fresh, old.bucket is null as first
  )
  select
    (extract(epoch from bucket) * 1000000)::bigint as "bucketUs",
    fresh as "low",
    count(*) as "n",
    count(*) filter (where first) as "firsts"
  from merged
  group by bucket, fresh`
