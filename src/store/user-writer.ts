import type pg from 'pg'
import { encodeArray } from '../db/array-encoder.ts'
import type { AuthorCounts } from './author-counts.ts'
import type { UserChange } from './batch.ts'
import { areHoursStored } from './known-users.ts'

const minutesPerHour = 60
const minuteUs = 60_000_000

/**
 * Writes the accounts of a batch: who they are, when they were active, and what was said about them. Accounts that are known to
 * be stored for the hour, and of which nothing else is new, are passed over. Tells `authors` who is seen for the first time.
 */
export async function writeUsers(
  client: pg.Client,
  users: Iterable<UserChange>,
  authors: AuthorCounts,
): Promise<void> {
  const changed = [...users].filter(isNews)
  if (changed.length === 0) return
  const hours = changed.map(({ activity }) => activity.map(({ minute }) => hourOf(minute)))
  const { rows } = await client.query<{ dayUs: number; n: number }>({
    name: 'merge-users',
    text: mergeUsers,
    values: [
      encodeArray(
        'uuid',
        changed.map(({ id }) => id),
      ),
      encodeArray(
        'text',
        changed.map(({ did }) => did),
      ),
      encodeArray(
        'timestamptz',
        hours.map((own) => (own.length === 0 ? null : Math.min(...own))),
      ),
      encodeArray(
        'timestamptz',
        hours.map((own) => (own.length === 0 ? null : Math.max(...own))),
      ),
      encodeArray(
        'text',
        changed.map(({ handle }) => handle?.value ?? null),
      ),
      encodeArray(
        'int8',
        changed.map(({ handle }) => handle?.seq ?? null),
      ),
      encodeArray(
        'bool',
        changed.map(({ standing }) => standing?.active ?? null),
      ),
      encodeArray(
        'bool',
        changed.map(({ standing }) => standing !== null && hides(standing)),
      ),
      encodeArray(
        'text',
        changed.map(({ standing }) => standing?.status ?? null),
      ),
      encodeArray(
        'int8',
        changed.map(({ standing }) => standing?.seq ?? null),
      ),
      encodeArray(
        'int8',
        changed.map(({ notice }) => notice?.seq ?? null),
      ),
      encodeArray(
        'timestamptz',
        changed.map(({ notice }) => notice?.timeUs ?? null),
      ),
    ],
  })
  for (const { dayUs, n } of rows) authors.add('day', dayUs, 'active', 'new', n)
}

function isNews({ notice, cut, known, activity }: UserChange): boolean {
  return notice !== null || cut !== null || !areHoursStored(known, activity)
}

/** Begin of a minute's hour, µs since 1970. */
function hourOf(minute: number): number {
  return Math.floor(minute / minutesPerHour) * minutesPerHour * minuteUs
}

/** States of an account that its server advises of, while its records stay as they are. */
const advisory = ['desynchronized', 'throttled']

function hides({ active, status }: NonNullable<UserChange['standing']>): boolean {
  return !active && !advisory.includes(status ?? '')
}

/**
 * Each part of an account's row is the one with the greatest seq (or the least and greatest hour), whatever the order they
 * come in. Rows that would not change are not written. The day on which an account was first seen counts it as new.
 */
const mergeUsers = `
  with merged as (
    insert into bluesky_user as stored
      (id, did, first_seen_at, last_seen_at, handle, identity_seq, active, hidden, status, account_seq, seq, bsky_timestamp)
    select
      id, did, first_seen_at, last_seen_at, handle, identity_seq,
      coalesce(active, true), hidden, status, account_seq, seq, bsky_timestamp
    from unnest(
      $1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::int8[],
      $7::bool[], $8::bool[], $9::text[], $10::int8[], $11::int8[], $12::timestamptz[]
    ) as change (
      id, did, first_seen_at, last_seen_at, handle, identity_seq,
      active, hidden, status, account_seq, seq, bsky_timestamp
    )
    order by id
    on conflict (id) do update
    set first_seen_at = least(stored.first_seen_at, excluded.first_seen_at),
        last_seen_at = greatest(stored.last_seen_at, excluded.last_seen_at),
        handle = case when excluded.identity_seq > coalesce(stored.identity_seq, -1) then excluded.handle else stored.handle end,
        identity_seq = greatest(stored.identity_seq, excluded.identity_seq),
        active = case when excluded.account_seq > coalesce(stored.account_seq, -1) then excluded.active else stored.active end,
        hidden = case when excluded.account_seq > coalesce(stored.account_seq, -1) then excluded.hidden else stored.hidden end,
        status = case when excluded.account_seq > coalesce(stored.account_seq, -1) then excluded.status else stored.status end,
        account_seq = greatest(stored.account_seq, excluded.account_seq),
        bsky_timestamp = case when excluded.seq > coalesce(stored.seq, -1) then excluded.bsky_timestamp else stored.bsky_timestamp end,
        seq = greatest(stored.seq, excluded.seq),
        updated_at = now()
    where stored.first_seen_at is distinct from least(stored.first_seen_at, excluded.first_seen_at)
       or stored.last_seen_at is distinct from greatest(stored.last_seen_at, excluded.last_seen_at)
       or excluded.seq > coalesce(stored.seq, -1)
       or excluded.identity_seq > coalesce(stored.identity_seq, -1)
       or excluded.account_seq > coalesce(stored.account_seq, -1)
    returning
      date_trunc('day', old.first_seen_at, 'UTC') as was,
      date_trunc('day', new.first_seen_at, 'UTC') as day
  ),
  moves as (
    select day, 1 as n from merged where day is distinct from was and day is not null
    union all
    select was, -1 from merged where day is distinct from was and was is not null
  )
  select (extract(epoch from day) * 1000000)::bigint as "dayUs", sum(n) as "n"
  from moves
  group by day
  having sum(n) <> 0`
