import type pg from 'pg'
import { AppError } from '../errors.ts'
import { decodeFrame } from '../event/decode.ts'
import type { Frame } from '../event/frame.ts'
import { formatId, recordId } from '../event/ids.ts'
import { formatTid } from '../event/tid.ts'
import { generateFrames } from '../source/synthetic/recording.ts'
import { openStore, type Store } from '../store/store.ts'
import type { Check, Finding } from './check.ts'

export interface Place {
  readonly url: string
  readonly client: pg.Client
}

const network = { seed: 1, rate: 50, mix: '2026-07' } as const
const seconds = 60
const framesAtOnce = 500

/** Storing invented events as the program does, and whether its counts are those of plain counting. */
export async function* foldChecks(where: () => Place, requires: string): AsyncGenerator<Check> {
  await using scope = new AsyncDisposableStack()
  const until = Math.floor(Date.now() / 1_000)
  const frames = [...generateFrames(network, until - seconds, until)]
  let store: Store | null = null
  const opened = async () => {
    store ??= scope.use(await openStore({ url: where().url, source: `synthetic:${network.seed}` }))
    return store
  }
  yield {
    name: 'fold',
    requires,
    async run() {
      const started = performance.now()
      await writeAll(await opened(), frames)
      const rate = Math.round((frames.length / (performance.now() - started)) * 1_000)
      const records = await compareCounts(where().client, frames)
      return `${frames.length} events stored as ${records} records, counts as counted plainly (${rate} events/s)`
    },
  }
  yield {
    name: 'again',
    requires: 'fold',
    async run() {
      const before = await digest(where().client)
      await writeAll(await opened(), frames)
      const after = await digest(where().client)
      if (before !== after) throw unfit('storing the same events again changed something')
      return 'the same events stored again change no row and no count'
    },
  }
  yield {
    name: 'delete',
    requires: 'fold',
    run: async () => tryDelete(await opened(), where().client, frames),
  }
}

async function writeAll(store: Store, frames: readonly Frame[]): Promise<void> {
  for (let at = 0; at < frames.length; at += framesAtOnce) {
    const chunk = { frames: frames.slice(at, at + framesAtOnce), gaps: [] }
    const { deadLetters } = await store.write(await store.prepare(chunk))
    const [refused] = deadLetters
    if (refused) throw unfit(`an event was set aside: ${refused.reason}`)
  }
}

/** Rows counted one by one, sums of the counts of each grain, and the events themselves must say the same. */
async function compareCounts(client: pg.Client, frames: readonly Frame[]): Promise<number> {
  const records = new Map<string, string>()
  for (const { bytes, receivedUs } of frames) {
    const event = decodeFrame(bytes, receivedUs)
    if (event.kind === 'commit')
      records.set(`${event.did}/${event.collection}/${event.rkey}`, event.collection)
  }
  const expected: Record<string, number> = {}
  for (const collection of records.values()) expected[collection] = (expected[collection] ?? 0) + 1
  const counted = `
    select collection as key, count(*) as n
    from (select collection from bluesky_post union all select collection from bluesky_record) as r
    where not starts_with(collection, '$')
    group by collection`
  const summed = (grain: string) => `
    select key, sum(n)::bigint as n
    from count_${grain}
    where dimension = 'collection' and not starts_with(key, '$')
    group by key
    having sum(n) <> 0`
  const ways = {
    rows: counted,
    count_minute: summed('minute'),
    count_hour: summed('hour'),
    count_day: summed('day'),
  }
  for (const [name, statement] of Object.entries(ways)) {
    const { rows } = await client.query<{ key: string; n: number }>(statement)
    const got = Object.fromEntries(rows.map(({ key, n }) => [key, n]))
    const wrong = Object.keys({ ...expected, ...got }).find((key) => expected[key] !== got[key])
    if (wrong !== undefined) {
      throw unfit(`${name}: ${got[wrong] ?? 0} of ${wrong}, there are ${expected[wrong] ?? 0}`)
    }
  }
  return records.size
}

async function tryDelete(
  store: Store,
  client: pg.Client,
  frames: readonly Frame[],
): Promise<Finding> {
  const { did, rkey, frame } = await findLivePost(client, frames)
  const id = formatId(recordId(did, post, rkey))
  const before = await countLive(client)
  const timeUs = frame.position.timeUs
  const line = { did, time_us: timeUs, kind: 'commit' }
  const commit = {
    rev: formatTid(Date.now() * 1_000, 1),
    operation: 'delete',
    collection: post,
    rkey,
  }
  const bytes = Buffer.from(JSON.stringify({ ...line, commit }))
  await writeAll(store, [{ ...frame, bytes }])
  const { rows } = await client.query<{ operation: string; text: string | null; index: unknown }>(
    'select operation as "operation", text as "text", search as "index" from bluesky_post where id = $1',
    [id],
  )
  const [left] = rows
  if (left?.operation !== 'delete' || left.text !== null || left.index !== null) {
    throw unfit('a deleted post still has its content')
  }
  const after = await countLive(client)
  if (after !== before - 1) throw unfit(`live posts: ${after} after a delete, ${before} before`)
  return `wipes the content and takes back the count (${before} → ${after} live posts)`
}

const post = 'app.bsky.feed.post'

async function findLivePost(client: pg.Client, frames: readonly Frame[]) {
  const { rows } = await client.query<{ uri: string }>(
    `select uri as "uri" from bluesky_post where operation <> 'delete' and text is not null limit 1`,
  )
  const [, , did = '', , rkey = ''] = (rows[0]?.uri ?? '').split('/')
  const [frame] = frames
  if (did === '' || !frame) throw unfit('there is no post among the events')
  return { did, rkey, frame }
}

async function countLive(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `select coalesce(sum(n), 0)::bigint as "n" from count_day
     where dimension = 'operation' and key in ('${post}/create', '${post}/update')`,
  )
  return rows[0]?.n ?? 0
}

async function digest(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ digest: string }>(`
    select md5(string_agg(line, E'\\n' order by line collate "C")) as "digest"
    from (
      select (id, rev, operation, time_us, text)::text as line from bluesky_post
      union all select (id, rev, operation, time_us, subject)::text from bluesky_record
      union all select (dimension, bucket, key, sum(n))::text from count_minute group by dimension, bucket, key
      union all select (dimension, bucket, key, sum(n))::text from count_day group by dimension, bucket, key
      union all select (bucket, user_id)::text from author_day
      union all select (id, did, handle, active)::text from bluesky_user
    ) as lines`)
  return rows[0]?.digest ?? ''
}

function unfit(message: string): AppError {
  return new AppError('DATABASE_UNFIT', message, {
    hint: 'This should not happen on any PostgreSQL 18: please report it.',
  })
}
