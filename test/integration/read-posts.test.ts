import { expect, test } from 'vitest'
import { listPosts } from '../../src/contract/posts.ts'
import { openReading, type Reading } from '../support/reading.ts'

const now = '2026-07-04T15:00:00Z'

test('posts come newest first, without deleted ones and those of hidden accounts', async () => {
  await using reading = await openReading(now)
  const { rows } = reading
  await rows.user({ did: 'did:plc:gone', active: false })
  await rows.post({ at: '2026-07-04T14:00:00Z', text: 'first' })
  await rows.post({ at: '2026-07-04T14:02:00Z', text: 'third', operation: 'update' })
  await rows.post({ at: '2026-07-04T14:01:00Z', text: 'second' })
  await rows.post({ at: '2026-07-04T14:03:00Z', operation: 'delete' })
  await rows.post({ at: '2026-07-04T14:04:00Z', did: 'did:plc:gone', text: 'hidden' })
  // A clock that is wrong by days would stay on top for days.
  await rows.post({ at: '2026-07-09T00:00:00Z', storedAt: now, text: 'from the future' })
  await rows.post({ at: '2026-07-04T15:04:00Z', storedAt: now, text: 'fast clock' })
  expect(await textsOf(reading, {})).toEqual(['fast clock', 'third', 'second', 'first'])
  expect(
    await textsOf(reading, { from: '2026-07-04T14:01:00Z', to: '2026-07-04T14:02:00Z' }),
  ).toEqual(['second'])
})

test('a post is told with everything that is known of it', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  await rows.user({ did: 'did:plc:ana', handle: 'ana.example' })
  await rows.post({
    did: 'did:plc:ana',
    at: '2026-07-04T14:00:00Z',
    text: 'olá #clima',
    langs: ['pt-BR'],
    tags: ['clima'],
    domains: ['example.com'],
    data: {
      facets: [{ s: 5, e: 11, k: 'tag', v: 'clima' }],
      media: { kind: 'external', count: 1, alt: [], uri: 'https://example.com/a', title: 'A' },
      quote: 'at://did:plc:bo/app.bsky.feed.post/3k',
      labels: ['graphic-media'],
    },
  })
  const { posts } = await ask(listPosts, {})
  expect(posts[0]).toMatchObject({
    author: { did: 'did:plc:ana', handle: 'ana.example' },
    text: 'olá #clima',
    langs: ['pt-BR'],
    facets: [{ byteStart: 5, byteEnd: 11, kind: 'tag', value: 'clima' }],
    media: {
      kind: 'external',
      count: 1,
      alt: [],
      external: { uri: 'https://example.com/a', title: 'A' },
    },
    labels: ['graphic-media'],
    quoteUri: 'at://did:plc:bo/app.bsky.feed.post/3k',
    indexedAt: '2026-07-04T14:00:00.000Z',
    createdAt: null,
  })
  expect(posts[0]?.url).toMatch(/^https:\/\/bsky\.app\/profile\/did:plc:ana\/post\/3/)
})

test('filters hold together, and match as the posts were folded', async () => {
  await using reading = await openReading(now)
  const { rows } = reading
  await rows.user({ did: 'did:plc:ana', handle: 'Ana.Example' })
  const at = (minute: number) => `2026-07-04T14:0${minute}:00Z`
  await rows.post({ at: at(1), text: 'a', langs: ['pt'], tags: ['clima'], domains: ['ipcc.ch'] })
  await rows.post({ at: at(2), text: 'b', langs: ['pt', 'en'], tags: ['clima'] })
  await rows.post({ at: at(3), text: 'c', did: 'did:plc:ana', langs: ['en'], tags: ['clima'] })
  await rows.post({ at: at(4), text: 'd' })
  expect(await textsOf(reading, { tag: '#CLIMA' })).toEqual(['c', 'b', 'a'])
  expect(await textsOf(reading, { tag: 'clima', lang: 'pt-PT' })).toEqual(['b', 'a'])
  expect(await textsOf(reading, { domain: 'www.IPCC.ch' })).toEqual(['a'])
  expect(await textsOf(reading, { lang: 'und' })).toEqual(['d'])
  expect(await textsOf(reading, { author: 'did:plc:ana' })).toEqual(['c'])
  expect(await textsOf(reading, { author: '@ana.example', tag: 'clima' })).toEqual(['c'])
  expect(await textsOf(reading, { author: 'nobody.example' })).toEqual([])
  expect(await textsOf(reading, { author: 'did:plc:unknown' })).toEqual([])
})

test.each([
  ["o'clock"],
  ['back\\slash'],
  ["\\'"],
  ["'quoted'"],
  ['a & b | !c <-> d'],
  ['(paren'],
  ['star:*'],
  ['weight:abcd'],
  ['🏳️‍🌈'],
  ['東京'],
  ['-- drop'],
  ['$1'],
  ['%_'],
  ['x'.repeat(640)],
])('the tag %j finds its own posts and no others', async (tag) => {
  await using reading = await openReading(now)
  const { rows } = reading
  await rows.post({ at: '2026-07-04T14:00:00Z', text: 'mine', tags: [tag], langs: ['en'] })
  await rows.post({
    at: '2026-07-04T14:01:00Z',
    text: 'other',
    tags: ['a', 'b', 'star'],
    langs: ['en'],
  })
  expect(await textsOf(reading, { tag, lang: 'en' })).toEqual(['mine'])
})

test.each([['nul\0byte'], ['\ud800 lone surrogate'], ['é'.repeat(640)]])(
  'the tag %j is never an error',
  async (tag) => {
    await using reading = await openReading(now)
    await reading.rows.post({ at: '2026-07-04T14:00:00Z', tags: ['a'] })
    expect(await textsOf(reading, { tag })).toEqual([])
    expect(await textsOf(reading, { author: tag })).toEqual([])
  },
)

test('pages follow each other without a post twice or missing while others arrive', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  const expected: string[] = []
  for (let i = 10; i < 40; i++) {
    // Every third one has the same millisecond as the one before: the id decides.
    const at = `2026-07-04T14:${i - (i % 3 === 0 ? 1 : 0)}:00Z`
    expected.push(await rows.post({ at, did: `did:plc:author${i}`, text: String(i) }))
  }
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await ask(listPosts, { limit: '7', cursor })
    seen.push(...page.posts.map(({ id }) => id))
    cursor = page.next ?? undefined
    await rows.post({ at: '2026-07-04T14:59:00Z', did: `did:plc:late${seen.length}` })
  } while (cursor !== undefined)
  expect(seen).toEqual(expected.sort().reverse())
})

test('posts are found however long ago they were, also those with a key that is no time', async () => {
  await using reading = await openReading(now)
  const { rows } = reading
  for (const day of ['2026-07-04', '2026-07-02', '2026-05-01', '2024-01-01', '2022-11-20']) {
    await rows.post({ at: `${day}T00:00:00Z`, text: day, tags: ['rare'] })
  }
  await rows.client.query(`
    insert into bluesky_post (id, user_id, time_us, operation, rev, rkey, collection, uri, text, search)
    select '00000000-0000-8000-8000-000000000001', user_id, time_us, 'create', 'r', 'odd', collection, 'odd', 'odd', search
    from bluesky_post limit 1`)
  expect(await textsOf(reading, { tag: 'rare' })).toEqual([
    '2026-07-04',
    '2026-07-02',
    '2026-05-01',
    '2024-01-01',
    '2022-11-20',
    'odd',
  ])
  expect(await textsOf(reading, { tag: 'rare', from: '2024-01-01T00:00:00Z' })).toHaveLength(4)
})

test.each([['zzz'], [''], ['!!!!'], ['AAAAAAAAAAAAAAAAAAAAAAAA'], ["' or 1=1"]])(
  'the cursor %j is refused',
  async (cursor) => {
    await using reading = await openReading(now)
    await expect(reading.ask(listPosts, { cursor })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    })
  },
)

type Query = Parameters<Reading['ask']>[1] & Record<string, string>

async function textsOf(reading: Reading, query: Query): Promise<string[]> {
  const { posts } = await reading.ask(listPosts, query)
  return posts.map(({ text }) => text)
}
