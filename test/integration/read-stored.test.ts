/** What is asked about is what the store wrote, and not only rows that a test put there. */
import { expect, test } from 'vitest'
import { account as accountEndpoint } from '../../src/contract/account.ts'
import { listCollections } from '../../src/contract/collections.ts'
import { engagement } from '../../src/contract/engagement.ts'
import { listPosts } from '../../src/contract/posts.ts'
import { timeseries } from '../../src/contract/timeseries.ts'
import { top } from '../../src/contract/top.ts'
import { listUsers } from '../../src/contract/users.ts'
import { formatTid } from '../../src/event/tid.ts'
import { openStore } from '../../src/store/store.ts'
import { account, baseUs, commit, framesOf, identity } from '../support/events.ts'
import { openReading, type Reading } from '../support/reading.ts'

const eve = 'did:plc:mcc5yghbk7tixqryac2yxku7'
const fan = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const other = 'did:plc:oky5czdrnfjpqslsw2a5iclo'
const rkey = formatTid(baseUs, 7)
const uri = `at://${eve}/app.bsky.feed.post/${rkey}`
const subject = { uri, cid: 'bafyreiaxf7tgbfydx3465sckitq6v564thxe2wwydbi7cwxbxvgssje3em' }
const now = new Date(baseUs / 1000 + 60_000).toISOString()
const hour = { from: '2026-05-25T14:00:00Z', to: '2026-05-25T15:00:00Z' } as const

const post = {
  $type: 'app.bsky.feed.post',
  text: 'xyzzysecret 🎉 @fan',
  langs: ['en'],
  tags: ['xyzzytag'],
  createdAt: '2026-05-25T14:23:28.757Z',
  facets: [
    {
      index: { byteStart: 17, byteEnd: 21 },
      features: [{ $type: 'app.bsky.richtext.facet#mention', did: fan }],
    },
  ],
}

const history = [
  identity(eve, 1, 'evil-eve.example'),
  commit({ did: eve, record: post }),
  like(fan, 'a', 2_000_000),
  like(other, 'b', 3_000_000),
  commit({
    ...{ did: other, collection: 'app.bsky.graph.follow', rkey: formatTid(baseUs, 20) },
    ...{ atUs: 3_500_000, record: { $type: 'app.bsky.graph.follow', subject: eve } },
  }),
  commit({
    ...{ did: fan, rkey: formatTid(baseUs, 9), atUs: 4_000_000 },
    record: {
      ...{ $type: 'app.bsky.feed.post', text: 'so it is', langs: ['en'], tags: ['art'] },
      reply: { root: subject, parent: subject },
    },
  }),
]

test('authors, engagement, ties and collections are told as they were stored', async () => {
  await using reading = await openReading(now)
  const { ask } = reading
  await store(reading, history)
  const { posts } = await ask(listPosts, { author: 'evil-eve.example' })
  expect(posts).toMatchObject([
    { uri, engagement: { likes: 2, reposts: 0, replies: 1, quotes: 0 } },
  ])
  expect(await ask(engagement, { uri })).toMatchObject({
    totals: { likes: 2, replies: 1 },
    starts: [Date.parse(hour.from) / 1000],
    likes: [2],
  })
  expect(await ask(top, { ...hour, dimension: 'language' })).toMatchObject({
    items: [{ key: 'en', count: 2, authors: 2 }],
  })
  expect(await ask(top, { ...hour, dimension: 'emoji' })).toMatchObject({
    items: [{ key: '🎉', count: 1, authors: 1 }],
  })
  expect(await ask(top, { ...hour, dimension: 'mention' })).toMatchObject({
    items: [{ key: fan, count: 1, authors: 1 }],
  })
  expect(
    await ask(timeseries, { ...hour, dimension: 'kind', interval: 'hour', lang: 'en' }),
  ).toMatchObject({ series: { original: [1], reply: [1] }, counted: 'posts' })
  expect(await ask(accountEndpoint, { account: eve })).toMatchObject({
    account: { handle: 'evil-eve.example' },
    follows: { gained: 1, lost: 0 },
    activeDays: 1,
  })
  const { collections } = await ask(listCollections, { prefix: 'app.bsky.' })
  expect(collections.map(({ nsid, count }) => [nsid, count])).toEqual([
    ['app.bsky.feed.like', 2],
    ['app.bsky.feed.post', 2],
    ['app.bsky.graph.follow', 1],
  ])
})

test('an account that is taken down is gone with the batch that says so, and comes back with the one that says so', async () => {
  await using reading = await openReading(now)
  const { ask } = reading
  await store(reading, history)
  const shown = async () => {
    const answers = await Promise.all([
      ask(listPosts, {}),
      ask(listUsers, {}),
      ask(engagement, { uri }),
      ask(top, { ...hour, dimension: 'tag', lang: 'en' }),
      ask(timeseries, { ...hour, dimension: 'tag', author: eve }),
    ])
    return /xyzzy|evil-eve/.test(JSON.stringify(answers))
  }
  expect(await shown()).toBe(true)
  await store(reading, [account(eve, 5_000_000, false, 'takendown')])
  expect(await shown()).toBe(false)
  expect((await ask(listPosts, {})).posts).toHaveLength(1)
  await store(reading, [account(eve, 6_000_000, true)])
  expect(await shown()).toBe(true)
})

test('a post that its author deletes is gone, and a like that is taken back no longer counts', async () => {
  await using reading = await openReading(now)
  const { ask } = reading
  await store(reading, history)
  const unlike = { did: fan, collection: 'app.bsky.feed.like', rkey: formatTid(baseUs, 11) }
  await store(reading, [commit({ ...unlike, operation: 'delete', atUs: 7_000_000 })])
  expect(await ask(engagement, { uri })).toMatchObject({ totals: { likes: 1 } })
  await store(reading, [commit({ did: eve, operation: 'delete', atUs: 8_000_000 })])
  expect(await ask(engagement, { uri })).toMatchObject({ post: null, totals: { likes: 1 } })
  expect(await ask(top, { ...hour, dimension: 'emoji' })).toMatchObject({ items: [] })
})

function like(did: string, name: 'a' | 'b', atUs: number): object {
  return commit({
    ...{ did, collection: 'app.bsky.feed.like', rkey: formatTid(baseUs, name === 'a' ? 11 : 12) },
    ...{ atUs, record: { $type: 'app.bsky.feed.like', subject } },
  })
}

/** One batch, as one host would send it. */
async function store({ url }: Reading, messages: readonly object[]): Promise<void> {
  await using store = await openStore({ url, source: 'jetstream' })
  await store.write(await store.prepare({ frames: framesOf(messages), gaps: [] }))
}
