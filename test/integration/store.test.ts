import { expect, inject, test } from 'vitest'
import type { Frame } from '../../src/event/frame.ts'
import { formatTid } from '../../src/event/tid.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readCounts, readRows } from '../support/database-state.ts'
import { account, baseUs, commit, framesOf, identity } from '../support/events.ts'

const did = 'did:plc:mcc5yghbk7tixqryac2yxku7'

async function storeAll(
  url: string,
  frames: readonly Frame[],
  batchSize = frames.length,
): Promise<void> {
  await using store = await openStore({ url, source: 'jetstream' })
  for (let i = 0; i < frames.length; i += batchSize) {
    await store.write(await store.prepare({ frames: frames.slice(i, i + batchSize), gaps: [] }))
  }
}

const tagged = {
  $type: 'app.bsky.feed.post',
  text: 'Sourdough day',
  langs: ['en', 'pt-BR'],
  tags: ['Sourdough'],
  embed: {
    $type: 'app.bsky.embed.external',
    external: { uri: 'https://www.news.example/a', title: 'A' },
  },
  createdAt: '2026-05-25T14:23:28.757Z',
}

test('a post is stored with its facts and counted in each dimension', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeAll(db.url, framesOf([commit({ record: tagged })]))
  const [post] = await readRows<Record<string, unknown>>(db.url, 'select * from bluesky_post')
  expect(post).toMatchObject({
    text: 'Sourdough day',
    langs: ['en', 'pt-BR'],
    tags: ['sourdough'],
    domains: ['news.example'],
    operation: 'create',
  })
  for (const grain of ['minute', 'hour', 'day'] as const) {
    expect(await readCounts(db.url, 'language', grain)).toEqual({ en: 1, pt: 1 })
    expect(await readCounts(db.url, 'tag', grain)).toEqual({ sourdough: 1 })
    expect(await readCounts(db.url, 'domain', grain)).toEqual({ 'news.example': 1 })
    expect(await readCounts(db.url, 'operation', grain)).toEqual({ 'app.bsky.feed.post/create': 1 })
  }
})

test('deleting a post wipes its content and takes back what it counted', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeAll(
    db.url,
    framesOf([commit({ record: tagged }), commit({ operation: 'delete', atUs: 90_000_000 })]),
    1,
  )
  const [post] = await readRows<Record<string, unknown>>(db.url, 'select * from bluesky_post')
  expect(post).toMatchObject({
    operation: 'delete',
    text: null,
    tags: null,
    additional_data: null,
    search: null,
    cid: null,
  })
  expect(await readCounts(db.url, 'language')).toEqual({})
  expect(await readCounts(db.url, 'tag')).toEqual({})
  expect(await readCounts(db.url, 'operation')).toEqual({ 'app.bsky.feed.post/delete': 1 })
})

test('a create that comes after its delete does not bring the record back', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const create = commit({ record: tagged })
  const remove = commit({ operation: 'delete', atUs: 5 })
  await storeAll(db.url, framesOf([remove, create]), 1)
  expect(await readCounts(db.url, 'operation')).toEqual({ 'app.bsky.feed.post/delete': 1 })
  expect(await readRows(db.url, 'select text from bluesky_post')).toEqual([{ text: null }])
})

test('an update moves a post from its old keys to its new ones', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const later = { ...tagged, tags: ['Rye'], langs: ['de'] }
  await storeAll(
    db.url,
    framesOf([commit({ record: tagged }), commit({ operation: 'update', record: later, atUs: 9 })]),
    1,
  )
  expect(await readCounts(db.url, 'tag')).toEqual({ rye: 1 })
  expect(await readCounts(db.url, 'language')).toEqual({ de: 1 })
})

test('the newest handle and standing win, whatever order they come in, and a missing handle takes nothing away', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeAll(
    db.url,
    framesOf([
      account(did, 20, false, 'suspended'),
      identity(did, 12, 'new.example'),
      account(did, 18, true),
      identity(did, 11, 'old.example'),
      identity(did, 25),
    ]),
    2,
  )
  expect(await readRows(db.url, 'select handle, active, status, seq from bluesky_user')).toEqual([
    { handle: 'new.example', active: false, status: 'suspended', seq: 25 },
  ])
  expect(await readCounts(db.url, 'collection')).toEqual({ $account: 2, $identity: 3 })
})

test('a message that cannot be decoded is set aside once, with its reason, and stops nothing', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const frames = framesOf(['{"not json', { did, time_us: baseUs, kind: 'novelty' }, commit()])
  await storeAll(db.url, frames)
  await storeAll(db.url, frames)
  const aside = await readRows<{ error: string; bytes: Buffer | null; raw: unknown }>(
    db.url,
    'select error, bytes, raw_data as raw from raw_message order by error',
  )
  expect(aside).toEqual([
    { error: 'not-json', bytes: Buffer.from('{"not json'), raw: null },
    { error: 'unknown-kind', bytes: null, raw: { did, time_us: baseUs, kind: 'novelty' } },
  ])
  expect(await readCounts(db.url, 'collection')).toEqual({ 'app.bsky.feed.post': 1 })
})

test('a row that the database refuses is set aside alone, and the rest of its batch is stored', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await readRows(
    db.url,
    `alter table bluesky_post add constraint poison check (text is distinct from 'poison')`,
  )
  const posts = Array.from({ length: 9 }, (_, n) =>
    commit({
      rkey: `2222222222${n}22`,
      atUs: n,
      record: { $type: 'app.bsky.feed.post', text: n === 5 ? 'poison' : `post ${n}` },
    }),
  )
  await storeAll(db.url, framesOf(posts))
  expect(await readRows(db.url, 'select count(*)::int as n from bluesky_post')).toEqual([{ n: 8 }])
  expect(await readRows(db.url, 'select did, error from raw_message')).toEqual([
    {
      did: (posts[5] as { did: string }).did,
      error: expect.stringMatching(/refused by the database: .*poison/),
    },
  ])
})

test('a message that only looks as if jsonb could hold it is set aside as bytes', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const bad = `{"did":"${did}","time_us":${baseUs},"kind":"novelty","n":${'9'.repeat(200_000).slice(0, 60_000)}1e99}`
  const worse = `{"did":"${did}","time_us":${baseUs},"kind":"novelty","n":1e400000}`
  await storeAll(db.url, framesOf([bad, worse, commit()]))
  expect(await readRows(db.url, 'select count(*)::int as n from raw_message')).toEqual([{ n: 2 }])
  expect(await readCounts(db.url, 'collection')).toEqual({ 'app.bsky.feed.post': 1 })
})

test('two writers that store the same records in opposite order both come through', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const likes = Array.from({ length: 2_000 }, (_, n) =>
    commit({
      collection: 'app.bsky.feed.like',
      rkey: formatTid(baseUs + n * 1_000, 3),
      record: {},
      atUs: n,
    }),
  )
  for (let round = 0; round < 4; round++) {
    await using one = await openStore({ url: db.url, source: `one-${round}` })
    await using other = await openStore({ url: db.url, source: `other-${round}` })
    const rounds = likes.map((like) => JSON.stringify(like).replaceAll(did, `${did}${round}`))
    const frames = framesOf(rounds).map((frame) => ({
      ...frame,
      position: { ...frame.position, timeUs: baseUs },
    }))
    await Promise.all([
      one.write(await one.prepare({ frames, gaps: [] })),
      other.write(await other.prepare({ frames: frames.toReversed(), gaps: [] })),
    ])
  }
  expect(await readCounts(db.url, 'collection')).toEqual({ 'app.bsky.feed.like': 8_000 })
})

test('an account that two writers put behind a key at once, in two hours of a day, is one account of the day', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using one = await openStore({ url: db.url, source: 'one', part: 1 })
  await using other = await openStore({ url: db.url, source: 'other', part: 2 })
  const twoHoursUs = 7_200_000_000
  for (let round = 0; round < 8; round++) {
    const prepare = (store: typeof one, atUs: number) => {
      const posts = Array.from({ length: 200 }, (_, n) =>
        commit({
          did: `did:plc:author${n}`,
          atUs: atUs + n,
          rkey: formatTid(baseUs + atUs + n, round),
          record: { $type: 'app.bsky.feed.post', text: 'x', tags: [`round${round}`] },
        }),
      )
      return store.prepare({ frames: framesOf(posts), gaps: [] })
    }
    const [early, late] = [await prepare(one, 0), await prepare(other, twoHoursUs)]
    await Promise.all([one.write(early), other.write(late)])
  }
  expect(
    await readRows(
      db.url,
      `select distinct sum(authors)::int as authors from count_day where dimension = 'tag' group by key`,
    ),
  ).toEqual([{ authors: 200 }])
})

test('of two writers of one source the second to write is refused', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using first = await openStore({ url: db.url, source: 'jetstream' })
  await using second = await openStore({ url: db.url, source: 'jetstream' })
  await first.write(await first.prepare({ frames: framesOf([commit()]), gaps: [] }))
  const late = second.prepare({ frames: framesOf([commit({ atUs: 5 })]), gaps: [] })
  await expect(second.write(await late)).rejects.toMatchObject({ code: 'POSITION_MOVED' })
})

test('a store opened again goes on from the last stored frame', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const frames = framesOf([commit(), commit({ rkey: '3mptbypdnwe2h', atUs: 7 })])
  await storeAll(db.url, frames)
  await using store = await openStore({ url: db.url, source: 'jetstream' })
  expect(store.position).toEqual(frames[1]?.position)
})

test('frames without a readable time do not say that listening began in 1970', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const [garbage, event] = framesOf(['garbage', commit()])
  if (!garbage || !event) throw new RangeError('two frames were made')
  const timeless = (timeUs: number) => ({ ...garbage, position: { ...garbage.position, timeUs } })
  await storeAll(db.url, [timeless(0), timeless(5), timeless(0), event], 2)
  expect(await readRows(db.url, 'select first_time_us::text as first from position')).toEqual([
    { first: String(baseUs) },
  ])
})

test('a gap is recorded once', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using store = await openStore({ url: db.url, source: 'jetstream' })
  const gap = { host: 'wss://host.example', fromUs: 1, toUs: 2, reason: 'cursor-clamped' } as const
  for (const atUs of [0, 1]) {
    await store.write(await store.prepare({ frames: framesOf([commit({ atUs })]), gaps: [gap] }))
  }
  expect(await readRows(db.url, 'select reason from gap')).toEqual([{ reason: 'cursor-clamped' }])
})

test('rows wait outside of the day partitions until their day gets one', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const dayUs = 86_400_000_000
  const tomorrow = commit({ rkey: '3mmrqbwzq222h', atUs: 0 })
  await storeAll(db.url, framesOf([tomorrow]))
  const where = () =>
    readRows(db.url, 'select tableoid::regclass::text as name from bluesky_post order by 1')
  expect(await where()).toEqual([{ name: 'bluesky_post_other' }])
  await storeAll(db.url, framesOf([commit({ atUs: dayUs })]))
  expect(await where()).toEqual([
    { name: 'bluesky_post_20260525' },
    { name: 'bluesky_post_20260526' },
  ])
})

test('any cutting into batches and any repetition gives the same database', async () => {
  const history = [
    commit({ record: tagged }),
    commit({
      collection: 'app.bsky.feed.like',
      record: { subject: { uri: `at://${did}/app.bsky.feed.post/3mptbypdnwe2h` } },
    }),
    commit({ operation: 'update', record: { ...tagged, tags: ['rye'] }, atUs: 70_000_000 }),
    commit({ operation: 'delete', collection: 'app.bsky.feed.like', atUs: 80_000_000 }),
    identity(did, 5, 'a.example'),
    account(did, 6, true),
    commit({ operation: 'delete', atUs: 90_000_000 }),
    commit({ did: 'did:plc:other', atUs: 91_000_000, record: tagged }),
  ]
  const digests = []
  for (const [size, times] of [
    [8, 1],
    [1, 1],
    [3, 2],
    [2, 3],
  ] as const) {
    await using db = await openTestDatabase(inject('databaseUrl'))
    for (let n = 0; n < times; n++) await storeAll(db.url, framesOf(history), size)
    digests.push(await digestDatabase(db.url))
  }
  expect(new Set(digests.map((digest) => JSON.stringify(digest))).size).toBe(1)
})
