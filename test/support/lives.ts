import type pg from 'pg'
import { openClient } from '../../src/db/pool.ts'
import type { Frame } from '../../src/event/frame.ts'
import { formatTid } from '../../src/event/tid.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { digestDatabase, readRows } from './database-state.ts'
import { baseUs, commit, framesOf } from './events.ts'

/** Two accounts that have much to do with each other, and what a database says with one of them or without it. */
export const ada = 'did:plc:ada'
export const bob = 'did:plc:bob'

/** Stores events as one source, so many in a transaction. */
export async function store(
  url: string,
  events: readonly object[],
  size = events.length,
): Promise<void> {
  await using open = await openStore({ url, source: 'jetstream' })
  await storeFrames(open, framesOf(events), size)
}

export async function storeFrames(
  open: Store,
  frames: readonly Frame[],
  size = frames.length,
): Promise<void> {
  for (let i = 0; i < frames.length; i += size) {
    await open.write(await open.prepare({ frames: frames.slice(i, i + size), gaps: [] }))
  }
}

export async function withClient<T>(
  url: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await openClient({ url, statementTimeoutMs: 0, applicationName: 'test' })
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** What the database says, but for who exists, what was said about accounts, and when they were active. */
export async function numbersOf(url: string): Promise<Record<string, string>> {
  const digests = await digestDatabase(url)
  const {
    bluesky_user,
    account_standing,
    author_hour,
    author_day,
    count_minute,
    count_hour,
    count_day,
    bluesky_record,
    collection,
    ...same
  } = digests
  return { ...same, ...(await digestWithoutNotices(url)) }
}

async function digestWithoutNotices(url: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  const sources = {
    records: `select id, user_id, subject, time_us, rev, operation, hidden from bluesky_record where collection not like '$%'`,
    ...Object.fromEntries(
      ['minute', 'hour', 'day'].map((grain) => [
        grain,
        `select bucket, dimension, key, sum(n), sum(authors) from count_${grain}
         where dimension not in ('active', 'hour-of-week') and key not like '$%'
         group by 1, 2, 3 having sum(n) <> 0 or sum(authors) <> 0`,
      ]),
    ),
  }
  for (const [name, source] of Object.entries(sources)) {
    const [row] = await readRows<{ digest: string }>(
      url,
      `select count(*) || ' ' || coalesce(md5(string_agg(line, ';' order by line collate "C")), '') as digest
       from (select (s.*)::text as line from (${source}) as s) as lines`,
    )
    digests[name] = row?.digest ?? ''
  }
  return digests
}

export const post = {
  $type: 'app.bsky.feed.post',
  text: 'Sourdough day 🎉',
  langs: ['en'],
  tags: ['Sourdough'],
}
export const tid = (n: number) => formatTid(baseUs + n * 1_000_000, 7)
export const uriOf = (did: string, n: number) => `at://${did}/app.bsky.feed.post/${tid(n)}`

/** What two accounts did: posts, replies, quotes, likes, follows, and some of it undone. */
export function lifeOf(did: string, friend: string): object[] {
  const at = (n: number) => ({ did, atUs: n * 1_000_000, rkey: tid(n) })
  const like = 'app.bsky.feed.like'
  const follow = 'app.bsky.graph.follow'
  const friendly = { uri: uriOf(friend, 0) }
  return [
    commit({ ...at(0), record: post }),
    commit({ ...at(1), record: { ...post, reply: { parent: friendly, root: friendly } } }),
    commit({
      ...at(2),
      record: { ...post, embed: { $type: 'app.bsky.embed.record', record: friendly } },
    }),
    commit({ ...at(3), collection: like, record: { subject: friendly } }),
    commit({ ...at(4), collection: follow, record: { subject: friend } }),
    commit({ ...at(5), collection: follow, record: { subject: 'did:plc:cyd' } }),
    commit({ ...at(5), atUs: 6_000_000, collection: follow, operation: 'delete' }),
    commit({ ...at(7), collection: 'app.bsky.actor.profile', rkey: 'self', record: {} }),
    commit({ ...at(1), atUs: 8_000_000, operation: 'delete' }),
  ]
}

export const afterUs = 3_600_000_000
export const lives = [...lifeOf(ada, bob), ...lifeOf(bob, ada)]

export function sync(did: string, atUs: number): object {
  const rev = formatTid(baseUs + atUs, 0)
  return { did, time_us: baseUs + atUs, kind: 'sync', sync: { did, rev } }
}

/** Likes, and a post for each twenty of them. */
export function manyRecords(did: string, n: number): object[] {
  return Array.from({ length: n }, (_, at) =>
    at % 20 === 0
      ? commit({ did, rkey: tid(1_000 + at), atUs: at * 100, record: post })
      : commit({
          did,
          collection: 'app.bsky.feed.like',
          rkey: tid(1_000 + at),
          atUs: at * 100,
          record: { subject: { uri: uriOf(bob, at % 7) } },
        }),
  )
}

export function postsOf(url: string, did: string): Promise<object[]> {
  return readRows(
    url,
    'select p.text from bluesky_post p join bluesky_user u on u.id = p.user_id where u.did = $1',
    [did],
  )
}
