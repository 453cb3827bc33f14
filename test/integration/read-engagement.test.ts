import { expect, test } from 'vitest'
import { engagement } from '../../src/contract/engagement.ts'
import { listPosts } from '../../src/contract/posts.ts'
import { formatId, recordId } from '../../src/event/ids.ts'
import { formatTid } from '../../src/event/tid.ts'
import { openReading } from '../support/reading.ts'
import { someone, usOf } from '../support/rows.ts'

test('posts come with what points at them, of all parts and hours together', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  const older = await rows.post({ at: '2026-07-04T12:10:00Z' })
  await rows.post({ at: '2026-07-04T13:10:00Z' })
  await rows.engaged(older, '2026-07-04T12:20:00Z', { likes: 3, replies: 1 })
  await rows.engaged(older, '2026-07-04T12:20:00Z', { likes: -1 }, -2)
  await rows.engaged(older, '2026-07-04T14:20:00Z', { likes: 1, quotes: 2, reposts: 4 })
  const { posts } = await ask(listPosts, {})
  expect(posts.map((post) => post.engagement)).toEqual([
    { likes: 0, reposts: 0, replies: 0, quotes: 0 },
    { likes: 3, reposts: 4, replies: 1, quotes: 2 },
  ])
})

test('a post has a curve since its birth, and what was gathered is in its totals', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  const id = await rows.post({ at: '2026-07-04T12:10:00Z', text: 'read me' })
  await rows.engaged(id, '1970-01-01T00:00:00Z', { likes: 100 })
  await rows.engaged(id, '2026-07-04T12:20:00Z', { likes: 3 })
  await rows.engaged(id, '2026-07-04T13:20:00Z', { likes: 1 })
  await rows.engaged(id, '2026-07-04T13:20:00Z', { likes: -1 }, -2)
  await rows.engaged(id, '2026-07-04T14:20:00Z', { replies: 2 })
  const uri = uriOf('2026-07-04T12:10:00Z')
  expect(await ask(engagement, { uri })).toMatchObject({
    uri,
    post: { id, text: 'read me', engagement: { likes: 103 } },
    from: '2026-07-04T12:00:00.000Z',
    coverage: { ratio: 1 },
    bornAt: '2026-07-04T12:10:00.000Z',
    totals: { likes: 103, reposts: 0, replies: 2, quotes: 0 },
    starts: ['2026-07-04T12:00:00Z', '2026-07-04T14:00:00Z'].map((at) => Date.parse(at) / 1000),
    likes: [3, 0],
    replies: [0, 2],
    rest: { likes: 100, reposts: 0, replies: 0, quotes: 0 },
  })
})

test('a post that was never stored is known by what points at it', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-04T00:00:00Z', '2026-07-04T15:00:00Z')
  const rkey = formatTid(usOf('2024-07-04T12:10:00Z'), 0)
  const id = formatId(recordId(someone, 'app.bsky.feed.post', rkey))
  await rows.engaged(id, '2026-07-04T12:20:00Z', { likes: 3 })
  const told = await ask(engagement, { uri: `at://${someone}/app.bsky.feed.post/${rkey}` })
  expect(told).toMatchObject({
    post: null,
    bornAt: '2024-07-04T12:10:00.000Z',
    totals: { likes: 3 },
    coverage: { gaps: [{ reason: 'not-recorded' }] },
  })
  const odd = await ask(engagement, { uri: `at://${someone}/app.bsky.feed.post/self` })
  expect(odd).toMatchObject({ post: null, bornAt: null, totals: { likes: 0 }, starts: [] })
})

test('what names no post is refused, with what would', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { ask } = reading
  for (const uri of ['x', 'at://ana.example/app.bsky.feed.post/3k', `at://${someone}/a.b.c/3k`]) {
    await expect(ask(engagement, { uri })).rejects.toThrow('names no post by DID')
  }
})

function uriOf(at: string): string {
  return `at://${someone}/app.bsky.feed.post/${formatTid(usOf(at), 0)}`
}
