import type pg from 'pg'
import { encodeArray } from '../db/array-encoder.ts'
import { CopyEncoder } from '../db/copy-encoder.ts'
import type { Id } from '../event/ids.ts'
import type { AuthorCounts } from './author-counts.ts'
import type { ActiveMinute, UserChange } from './batch.ts'
import { copyInto } from './copy.ts'
import type { Horizons } from './horizons.ts'
import { type Kind, kinds } from './kinds.ts'
import { areHoursStored, areKindsStored, isDayStored, isMinuteStored } from './known-users.ts'

const minuteUs = 60_000_000
const minutesPerHour = 60
const minutesPerDay = 24 * minutesPerHour
/** Minutes of an hour are sent as two numbers, because one of 60 bits is none in JavaScript. */
const halfHour = 30

/** A row of author_hour or author_day that a batch adds to: those of an account and bucket once. */
interface ActiveBucket {
  readonly id: Id
  readonly bucketUs: number
  /** Of author_hour bit m for minute m, of author_day the kinds. */
  low: number
  /** Bit m for minute 30 + m. */
  high: number
}

/** What accounts did in a batch, as far as that is not known to be stored. */
export interface Activity {
  readonly hours: Rows
  readonly days: Rows
}

interface Rows {
  /** Of accounts of which nothing in the bucket is known: bet on not being stored yet. */
  readonly firsts: readonly ActiveBucket[]
  readonly others: readonly ActiveBucket[]
}

export function activityOf(users: Iterable<UserChange>, horizons: Horizons): Activity {
  const hours = { firsts: [] as ActiveBucket[], others: [] as ActiveBucket[] }
  const days = { firsts: [] as ActiveBucket[], others: [] as ActiveBucket[] }
  const hoursUs = horizons.get('author_hour') ?? 0
  const daysUs = horizons.get('author_day') ?? 0
  for (const { id, known, activity } of users) {
    const hourRows = areHoursStored(known, activity) ? hours.others : hours.firsts
    const dayRows = isDayStored(known, activity) ? days.others : days.firsts
    const [hoursBefore, daysBefore] = [hourRows.length, dayRows.length]
    for (const active of activity) {
      const us = active.minute * minuteUs
      if (us >= hoursUs && !isMinuteStored(known, active.minute)) {
        addMinute(rowOf(hourRows, hoursBefore, id, floorTo(active.minute, minutesPerHour)), active)
      }
      if (us >= daysUs && !areKindsStored(known, active)) {
        rowOf(dayRows, daysBefore, id, floorTo(active.minute, minutesPerDay)).low |= active.kinds
      }
    }
  }
  return { hours, days }
}

function floorTo(minute: number, width: number): number {
  return Math.floor(minute / width) * width
}

function addMinute(row: ActiveBucket, { minute }: ActiveMinute): void {
  const place = minute % minutesPerHour
  if (place < halfHour) row.low |= 1 << place
  else row.high |= 1 << (place - halfHour)
}

/** The row of a bucket among those that an account has, which are the last ones. */
function rowOf(rows: ActiveBucket[], before: number, id: Id, minute: number): ActiveBucket {
  const bucketUs = minute * minuteUs
  for (let at = before; at < rows.length; at++) {
    const row = rows[at]
    if (row?.bucketUs === bucketUs) return row
  }
  const row = { id, bucketUs, low: 0, high: 0 }
  rows.push(row)
  return row
}

/** Copies what is bet on straight in. Fails with a unique violation where a row is stored already. */
export async function copyActivity(
  client: pg.Client,
  { hours, days }: Activity,
  authors: AuthorCounts,
): Promise<void> {
  const encoder = new CopyEncoder()
  for (const { id, bucketUs, low, high } of hours.firsts) {
    encoder.row(3)
    encoder.timestamp(bucketUs)
    encoder.uuid(id)
    encoder.int8Halves(high >>> 2, (high << halfHour) | low)
  }
  const hourRows = encoder.finish()
  if (hourRows) await copyInto(client, 'author_hour', ['bucket', 'user_id', 'minutes'], hourRows)
  encoder.reset()
  for (const { id, bucketUs, low } of days.firsts) {
    encoder.row(3)
    encoder.timestamp(bucketUs)
    encoder.uuid(id)
    encoder.int2(low)
  }
  const dayRows = encoder.finish()
  if (dayRows) await copyInto(client, 'author_day', ['bucket', 'user_id', 'kinds'], dayRows)
  for (const alike of groupAlike(hours.firsts)) addHour(authors, alike)
  for (const alike of groupAlike(days.firsts)) addDay(authors, alike)
}

/** New rows by bucket and bits: most are active in the same minute or two. */
function groupAlike(rows: readonly ActiveBucket[]): Fresh[] {
  const groups: { bucketUs: number; low: number; high: number; n: number; firsts: number }[] = []
  for (const { bucketUs, low, high } of rows) {
    const known = groups.find(
      (group) => group.low === low && group.high === high && group.bucketUs === bucketUs,
    )
    if (known) {
      known.n += 1
      known.firsts += 1
    } else groups.push({ bucketUs, low, high, n: 1, firsts: 1 })
  }
  return groups
}

/** Adds rows to what is stored of their accounts and buckets. */
export async function mergeActivity(
  client: pg.Client,
  { hours, days }: { hours: readonly ActiveBucket[]; days: readonly ActiveBucket[] },
  authors: AuthorCounts,
): Promise<void> {
  if (hours.length > 0) {
    const { rows } = await client.query<Fresh>({
      name: 'merge-author-hour',
      text: mergeHours,
      values: [
        encodeArray('timestamptz', hours.map(bucketOf)),
        encodeArray('uuid', hours.map(idOf)),
        encodeArray('int4', hours.map(lowOf)),
        encodeArray('int4', hours.map(highOf)),
      ],
    })
    for (const fresh of rows) addHour(authors, fresh)
  }
  if (days.length > 0) {
    const { rows } = await client.query<Fresh>({
      name: 'merge-author-day',
      text: mergeDays,
      values: [
        encodeArray('timestamptz', days.map(bucketOf)),
        encodeArray('uuid', days.map(idOf)),
        encodeArray('int2', days.map(lowOf)),
      ],
    })
    for (const fresh of rows) addDay(authors, fresh)
  }
}

const bucketOf = ({ bucketUs }: ActiveBucket) => bucketUs
const idOf = ({ id }: ActiveBucket) => id
const lowOf = ({ low }: ActiveBucket) => low
const highOf = ({ high }: ActiveBucket) => high

/** Rows of a bucket to which the same was added: which bits, to how many, and how many of them are new. */
interface Fresh {
  readonly bucketUs: number
  readonly low: number
  readonly high: number
  readonly n: number
  readonly firsts: number
}

function addHour(authors: AuthorCounts, { bucketUs, low, high, n, firsts }: Fresh): void {
  authors.add('hour', bucketUs, 'active', 'any', firsts)
  for (const [half, from] of [[low, 0] as const, [high, halfHour] as const]) {
    for (let bits = half, minute = from; bits !== 0; bits >>>= 1, minute++) {
      if (bits & 1) authors.add('minute', bucketUs + minute * minuteUs, 'active', 'any', n)
    }
  }
}

const kindNames = Object.keys(kinds) as Kind[]

function addDay(authors: AuthorCounts, { bucketUs, low, n, firsts }: Fresh): void {
  authors.add('day', bucketUs, 'active', 'any', firsts)
  for (const kind of kindNames) {
    if (low & kinds[kind]) authors.add('day', bucketUs, 'active', kind, n)
  }
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
    0 as "high",
    count(*) as "n",
    count(*) filter (where first) as "firsts"
  from merged
  group by bucket, fresh`
