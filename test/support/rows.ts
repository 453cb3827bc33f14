import type pg from 'pg'
import { openClient } from '../../src/db/pool.ts'
import { formatId, recordId, userId } from '../../src/event/ids.ts'
import { formatTid } from '../../src/event/tid.ts'

/** Rows put straight into a database, as the store would have left them, for tests of what reads them. */
export interface Rows extends AsyncDisposable {
  readonly client: pg.Client
  user(user: UserParts): Promise<void>
  /** Returns the post's id. Its author is made where there is none. */
  post(post: PostParts): Promise<string>
  /** Adds to a key of a dimension in all three widths of bucket. */
  count(at: string, dimension: string, key: string, n: number, part?: number): Promise<void>
  /** What a source listened to. */
  listened(from: string, to: string, source?: string): Promise<void>
  /** A log partition: null for one that is registered and has read nothing. */
  partition(part: number, read: PartitionRead | null): Promise<void>
  gap(from: string, to: string, reason: string, source?: string): Promise<void>
  /** An account did something at a time. */
  active(at: string, did: string): Promise<void>
  /** Different accounts behind a count, which is made where there is none. */
  authors(
    at: string,
    dimension: string,
    key: string,
    n: number,
    dids: readonly string[],
  ): Promise<void>
  /** Adds to what points at a post. */
  engaged(subject: string, at: string, n: Partial<Engaged>, part?: number): Promise<void>
  /** What the deletion ledger says of an account, not settled yet. */
  standing(did: string, says: { hidden?: boolean; cutRev?: string }): Promise<void>
}

export interface Engaged {
  readonly likes: number
  readonly reposts: number
  readonly replies: number
  readonly quotes: number
}

export interface UserParts {
  readonly did: string
  readonly handle?: string
  readonly active?: boolean
  readonly status?: string
  readonly seen?: string
}

export interface PostParts {
  readonly did?: string
  /** Time in the record key. */
  readonly at: string
  /** Network time, where it differs. */
  readonly storedAt?: string
  readonly operation?: 'create' | 'update' | 'delete'
  readonly text?: string
  readonly langs?: readonly string[]
  readonly tags?: readonly string[]
  readonly domains?: readonly string[]
  readonly data?: object
  readonly clock?: number
}

export interface PartitionRead {
  readonly from: string
  readonly to: string
  readonly host?: string
  readonly nextOffset?: number
}

export const someone = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'

/** Microseconds since 1970. */
export function usOf(time: string): number {
  return Date.parse(time) * 1000
}

export async function openRows(url: string): Promise<Rows> {
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'test rows' })
  const run = (text: string, values: readonly unknown[]) => client.query(text, [...values])

  const rows: Rows = {
    client,
    async user({ did, handle, active = true, status, seen }) {
      await run(
        `insert into bluesky_user (id, did, handle, active, status, first_seen_at, last_seen_at, hidden)
         values ($1, $2, $3, $4, $5, $6, $6, not $4 and coalesce($5 not in ('desynchronized', 'throttled'), true))
         on conflict (id) do update
         set handle = excluded.handle, active = excluded.active, hidden = excluded.hidden`,
        [formatId(userId(did)), did, handle ?? null, active, status ?? null, seen ?? null],
      )
    },
    async post(parts) {
      const { did = someone, at, operation = 'create', clock = 0 } = parts
      const live = operation !== 'delete'
      const rkey = formatTid(usOf(at), clock)
      const id = formatId(recordId(did, 'app.bsky.feed.post', rkey))
      const author = formatId(userId(did))
      await run('insert into bluesky_user (id, did) values ($1, $2) on conflict (id) do nothing', [
        author,
        did,
      ])
      await run(
        `insert into bluesky_post (
           id, user_id, time_us, operation, rev, rkey, collection, uri, text, langs, tags, domains,
           additional_data, search
         ) values (
           $1, $2, $3, $4, $5, $5, 'app.bsky.feed.post', $6, $7, $8, $9, $10, $11,
           array_to_tsvector($12)
         )`,
        [
          id,
          author,
          usOf(parts.storedAt ?? at),
          operation,
          rkey,
          `at://${did}/app.bsky.feed.post/${rkey}`,
          live ? (parts.text ?? 'some words') : null,
          live ? (parts.langs ?? []) : null,
          live ? (parts.tags ?? []) : null,
          live ? (parts.domains ?? []) : null,
          parts.data ? JSON.stringify(parts.data) : null,
          live ? lexemesOf(parts) : null,
        ],
      )
      return id
    },
    async count(at, dimension, key, n, part = 0) {
      for (const grain of ['minute', 'hour', 'day']) {
        await run(
          `insert into count_${grain} as c (bucket, dimension, key, part, n)
           values (date_trunc('${grain}', $1::timestamptz, 'UTC'), $2, $3, $4, $5)
           on conflict (dimension, bucket, key, part) do update set n = c.n + excluded.n`,
          [at, dimension, key, part, n],
        )
      }
    },
    async listened(from, to, source = 'jetstream') {
      await run(
        `insert into position (source, version, host, wire, first_time_us, time_us, epoch)
         values ($1, 1, 'wss://jetstream.test', 'v2', $2, $3, 0)
         on conflict (source, part) do update set time_us = excluded.time_us`,
        [source, usOf(from), usOf(to)],
      )
    },
    async partition(part, read) {
      const { from, to, host = '', nextOffset = null } = read ?? {}
      await run(
        `insert into position (source, part, version, host, wire, first_time_us, time_us, epoch, next_offset)
         values ('kafka:bluesky.test', $1, 1, $2, 'v2', $3, $4, 0, $5)
         on conflict (source, part) do update
         set time_us = excluded.time_us, next_offset = excluded.next_offset`,
        [part, host, from ? usOf(from) : 0, to ? usOf(to) : 0, nextOffset],
      )
    },
    async gap(from, to, reason, source = 'jetstream') {
      await run(
        `insert into gap (source, host, from_us, to_us, reason)
         values ($1, 'wss://jetstream.test', $2, $3, $4)`,
        [source, usOf(from), usOf(to), reason],
      )
    },
    async authors(at, dimension, key, n, dids) {
      await rows.count(at, dimension, key, n)
      for (const did of dids) {
        await run(
          `insert into author_key (day, dimension, key, user_id, hour, n)
           values (($1::timestamptz at time zone 'UTC')::date, $2, $3, $4,
             extract(hour from $1::timestamptz at time zone 'UTC'), 1)
           on conflict do nothing`,
          [at, dimension, key, formatId(userId(did))],
        )
      }
      for (const [grain, hours] of [
        ['hour', `a.hour = extract(hour from $1::timestamptz at time zone 'UTC')`],
        ['day', 'true'],
      ]) {
        await run(
          `update count_${grain} c
           set authors = (
             select count(distinct user_id) from author_key a
             where a.dimension = $2 and a.key = $3
               and a.day = ($1::timestamptz at time zone 'UTC')::date and ${hours}
           )
           where c.bucket = date_trunc('${grain}', $1::timestamptz, 'UTC')
             and c.dimension = $2 and c.key = $3 and c.part = 0`,
          [at, dimension, key],
        )
      }
    },
    async engaged(subject, at, n, part = 0) {
      const { likes = 0, reposts = 0, replies = 0, quotes = 0 } = n
      await run(
        `insert into engagement (subject, hour, part, likes, reposts, replies, quotes)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [subject, Math.floor(Date.parse(at) / 3_600_000), part, likes, reposts, replies, quotes],
      )
    },
    async standing(did, { hidden = false, cutRev = null }) {
      await run(
        `insert into account_standing (user_id, did, hidden, cut_rev) values ($1, $2, $3, $4)`,
        [formatId(userId(did)), did, hidden, cutRev],
      )
    },
    async active(at, did) {
      for (const grain of ['hour', 'day']) {
        await run(
          `insert into author_${grain} (bucket, user_id)
           values (date_trunc('${grain}', $1::timestamptz, 'UTC'), $2)
           on conflict do nothing`,
          [at, formatId(userId(did))],
        )
      }
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
  return rows
}

function lexemesOf({ langs = [], tags = [], domains = [] }: PostParts): string[] {
  const languages = langs.length > 0 ? langs.map((lang) => lang.slice(0, 2)) : ['und']
  return [
    ...languages.map((language) => `lang:${language}`),
    ...tags.map((tag) => `tag:${tag}`),
    ...domains.map((domain) => `domain:${domain}`),
  ]
}
