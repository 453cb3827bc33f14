import type pg from 'pg'
import { CopyEncoder } from '../db/copy-encoder.ts'
import type { AuthorCounts } from './author-counts.ts'
import type { UserChange } from './batch.ts'
import { encodeRows, userColumns } from './columns.ts'
import { copyInto } from './copy.ts'
import { areHoursStored } from './known-users.ts'

/**
 * Writes the accounts of a batch: who they are, when they were active, and what was said about them. Accounts that are known to
 * be stored for the hour, and of which nothing else is new, are passed over.
 */
export class UserWriter {
  readonly #encoder = new CopyEncoder()

  async write(
    client: pg.Client,
    users: Iterable<UserChange>,
    authors: AuthorCounts,
  ): Promise<void> {
    const rows = encodeRows(this.#encoder, userColumns, this.#changed(users))
    if (!rows) return
    await copyInto(client, 'staging_user', userColumns.names, rows)
    const { rows: days } = await client.query<{ dayUs: number; n: number }>({
      name: 'merge-users',
      text: mergeUsers,
    })
    for (const { dayUs, n } of days) authors.add('day', dayUs, 'active', 'new', n)
  }

  *#changed(users: Iterable<UserChange>): Iterable<UserChange> {
    for (const user of users) {
      const spokenAbout = user.notice !== null || user.cut !== null
      if (spokenAbout || !areHoursStored(user.known, user.activity)) yield user
    }
  }
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
    from staging_user
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
