import { expect, test } from 'vitest'
import type { Post } from '#contract/posts.ts'
import { arrive, renew, sampling, showNext, startFeed } from './post-feed.ts'

function post(n: number): Post {
  const at = new Date(1_783_000_000_000 + n * 1000).toISOString()
  return {
    id: `id-${n}`,
    uri: `at://did:plc:a/app.bsky.feed.post/${n}`,
    cid: null,
    author: { did: 'did:plc:a', handle: null },
    text: `${n}`,
    langs: [],
    tags: [],
    domains: [],
    facets: [],
    media: { kind: 'none', count: 0, alt: [], external: null },
    labels: [],
    parentUri: null,
    rootUri: null,
    quoteUri: null,
    createdAt: at,
    indexedAt: at,
    url: 'https://example.org/',
    engagement: { likes: 0, reposts: 0, replies: 0, quotes: 0 },
  }
}

const message = (...numbers: number[]) => ({
  posts: numbers.map(post),
  seen: numbers.length,
  shown: numbers.length,
})
const ids = (posts: readonly Post[]) => posts.map(({ text }) => Number(text))

test('posts enter at the top, one at a time, oldest first', () => {
  let feed = arrive(startFeed([post(1)]), message(3, 2))
  expect(ids(feed.shown)).toEqual([1])
  feed = showNext(feed)
  expect(ids(feed.shown)).toEqual([2, 1])
  expect(ids(showNext(showNext(feed)).shown)).toEqual([3, 2, 1])
})

test('a post that is there already does not come again', () => {
  let feed = arrive(startFeed([post(1)]), message(1, 2))
  feed = arrive(feed, message(2, 1))
  expect(ids(feed.waiting)).toEqual([2])
})

test('the queue and the list are bounded, and the newest win', () => {
  let feed = startFeed([])
  for (let n = 0; n < 100; n++) feed = arrive(feed, message(n))
  expect(ids(feed.waiting)).toEqual([95, 96, 97, 98, 99])
  for (let n = 100; n < 200; n++) feed = showNext(arrive(feed, message(n)))
  expect(feed.shown).toHaveLength(25)
})

test('a post that is gone is taken away, and one that is there has its newest numbers', () => {
  const feed = arrive(startFeed([post(1), post(2), post(3)]), message(4, 5))
  const liked = { ...post(3), engagement: { likes: 7, reposts: 0, replies: 0, quotes: 0 } }
  const renewed = renew(feed, ['id-2', 'id-3', 'id-4'], [liked])
  expect(ids(renewed.shown)).toEqual([3, 1])
  expect(renewed.shown[0]?.engagement.likes).toBe(7)
  expect(ids(renewed.waiting)).toEqual([5])
})

test('it knows 1 in how many it shows', () => {
  let feed = startFeed([])
  expect(sampling(feed)).toBe(1)
  for (let n = 0; n < 60; n++)
    feed = showNext(arrive(feed, { posts: [post(n)], seen: 40, shown: 1 }))
  expect(sampling(feed)).toBe(40)
})
