import type pg from 'pg'
import { CopyEncoder } from '../db/copy-encoder.ts'
import type { UserChange } from './batch.ts'
import { copyInto } from './copy.ts'
import { kinds } from './kinds.ts'
import type { KnownUsers } from './known-users.ts'

const minuteUs = 60_000_000
const hourMinutes = 60
const hourUs = hourMinutes * minuteUs
const dayUs = 24 * hourUs
export const hourColumns = ['bucket', 'user_id', 'minutes'] as const
export const dayColumns = ['bucket', 'user_id', 'kinds'] as const

/** Rows of author_hour and author_day in COPY format. */
export interface Activity {
  readonly hours: Buffer | null
  readonly days: Buffer | null
}

/**
 * Writes which accounts were active when, as far as that is not known to be stored, and adds those that are new to the
 * accounts counted: a minute's, an hour's, a day's, and a day's by what they did.
 */
export class ActivityWriter {
  readonly #known: KnownUsers
  readonly #hours = new CopyEncoder()
  readonly #days = new CopyEncoder()

  constructor(known: KnownUsers) {
    this.#known = known
  }

  async write(client: pg.Client, users: Iterable<UserChange>): Promise<void> {
    const { hours, days } = this.encode(users)
    if (hours) await copyInto(client, 'staging_author_hour', hourColumns, hours)
    if (days) await copyInto(client, 'staging_author_day', dayColumns, days)
    const statements = [...(hours ? [mergeHours] : []), ...(days ? [mergeDays] : [])]
    if (statements.length > 0) await client.query(statements.join(';'))
  }

  /** What a batch may add to author_hour and author_day; null where it adds nothing. */
  encode(users: Iterable<UserChange>): Activity {
    this.#hours.reset()
    this.#days.reset()
    for (const { id, activity } of users) {
      for (const active of activity) {
        const { minute, kinds } = active
        if (!this.#known.hasMinute(id, minute)) {
          this.#hours.row(hourColumns.length)
          this.#hours.timestamp(Math.floor((minute * minuteUs) / hourUs) * hourUs)
          this.#hours.uuid(id)
          this.#hours.bit64(minute % hourMinutes)
        }
        if (this.#known.hasDay(id, active)) continue
        this.#days.row(dayColumns.length)
        this.#days.timestamp(Math.floor((minute * minuteUs) / dayUs) * dayUs)
        this.#days.uuid(id)
        this.#days.int2(kinds)
      }
    }
    return { hours: this.#hours.finish(), days: this.#days.finish() }
  }
}

const mergeHours = `
  with merged as (
    insert into author_hour as stored (bucket, user_id, minutes)
    select bucket, user_id, bit_or(minutes)
    from staging_author_hour
    group by bucket, user_id
    order by bucket, user_id
    on conflict (bucket, user_id) do update
    set minutes = stored.minutes | excluded.minutes
    where stored.minutes | excluded.minutes <> stored.minutes
    returning new.bucket as bucket, new.minutes & ~coalesce(old.minutes, 0) as fresh, old.bucket is null as first
  ),
  alike as (
    select bucket, fresh, count(*) as n, count(*) filter (where first) as first from merged group by bucket, fresh
  )
  insert into staging_author (grain, bucket, dimension, key, authors)
  select 'hour', bucket, 'active', 'any', sum(first) from alike group by bucket
  union all
  select 'minute', bucket + minute * interval '1 minute', 'active', 'any', sum(n)
  from alike, generate_series(0, 59) as minute
  where fresh >> minute & 1 = 1
  group by bucket, minute`

const mergeDays = `
  with merged as (
    insert into author_day as stored (bucket, user_id, kinds)
    select bucket, user_id, bit_or(kinds)
    from staging_author_day
    group by bucket, user_id
    order by bucket, user_id
    on conflict (bucket, user_id) do update
    set kinds = stored.kinds | excluded.kinds
    where stored.kinds | excluded.kinds <> stored.kinds
    returning new.bucket as bucket, new.kinds & ~coalesce(old.kinds, 0::smallint) as fresh, old.bucket is null as first
  ),
  alike as (
    select bucket, fresh, count(*) as n, count(*) filter (where first) as first from merged group by bucket, fresh
  )
  insert into staging_author (grain, bucket, dimension, key, authors)
  select 'day', bucket, 'active', 'any', sum(first) from alike group by bucket
  union all
  select 'day', bucket, 'active', kind.name, sum(n)
  from alike, (values ${Object.entries(kinds)
    .map(([name, bit]) => `('${name}', ${bit})`)
    .join(', ')}) as kind (name, bit)
  where fresh & bit <> 0
  group by bucket, kind.name`
