import type { LivePosts } from '#contract/live.ts'
import type { Post } from '#contract/posts.ts'

/**
 * What the list of newest posts shows, and what waits to be shown. The network writes faster than anyone reads: arrivals wait in a
 * short queue and enter one at a time; what the queue has no room for is counted and passed over.
 */
export interface PostFeed {
  readonly shown: readonly Post[]
  readonly waiting: readonly Post[]
  /** Of the newest messages: how many posts there were and how many of them could be shown. */
  readonly seen: number
  readonly taken: number
}

const mostShown = 25
const mostWaiting = 5
// Older arrivals fade from the ratio, so that it describes about the last half minute.
const fade = 0.97

/** A feed that begins with an answer of the API, which orders by record key; here it is by when the network saw them. */
export function startFeed(posts: readonly Post[]): PostFeed {
  const shown = [...posts].sort(bySight).reverse().slice(0, mostShown)
  return { shown, waiting: [], seen: 0, taken: 0 }
}

/** Takes in a message of the live stream. */
export function arrive(feed: PostFeed, message: LivePosts): PostFeed {
  const known = new Set([...feed.shown, ...feed.waiting].map((post) => post.id))
  const fresh = message.posts.filter((post) => !known.has(post.id)).sort(bySight)
  const queue = [...feed.waiting, ...fresh]
  const waiting = queue.slice(-mostWaiting)
  return {
    ...feed,
    waiting,
    seen: feed.seen * fade + message.seen,
    taken: feed.taken * fade + fresh.length - (queue.length - waiting.length),
  }
}

/** Moves the post that has waited longest to the top of the list. */
export function showNext(feed: PostFeed): PostFeed {
  const [next, ...waiting] = feed.waiting
  return next ? { ...feed, waiting, shown: [next, ...feed.shown].slice(0, mostShown) } : feed
}

/** Takes away posts that were looked for and are gone, and renews those that were found. */
export function renew(feed: PostFeed, asked: readonly string[], found: readonly Post[]): PostFeed {
  const looked = new Set(asked)
  const byId = new Map(found.map((post) => [post.id, post]))
  const still = (posts: readonly Post[]) =>
    posts.flatMap((post) => (looked.has(post.id) ? (byId.get(post.id) ?? []) : post))
  return { ...feed, shown: still(feed.shown), waiting: still(feed.waiting) }
}

/** 1 in how many is shown; 1 where all are. */
export function sampling(feed: PostFeed): number {
  return feed.taken < 1 ? 1 : Math.max(1, Math.round(feed.seen / feed.taken))
}

function bySight(a: Post, b: Post): number {
  return Date.parse(a.indexedAt) - Date.parse(b.indexedAt)
}
