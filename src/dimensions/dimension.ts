import type { Operation } from '../event/event.ts'
import type { Id } from '../event/ids.ts'

/** Widths of the buckets that counts are kept in. */
export const grains = ['minute', 'hour', 'day'] as const
export type Grain = (typeof grains)[number]

/** The columns of a stored row that numbers are made from, new or old alike. */
export interface Countable {
  readonly userId: Id
  readonly collection: string
  readonly operation: Operation
  /** Network clock of the row's last operation, µs since 1970: which buckets it counts in. */
  readonly timeUs: number
  /** The account is hidden: the row counts nothing. */
  readonly hidden: boolean
  /** The post or account that a record points at, where it is known. */
  readonly subject: Id | null
  /** Null for rows that are not live posts. */
  readonly post: PostContent | null
}

/** What is counted of a live post's content. */
export interface PostContent {
  readonly languages: readonly string[]
  readonly tags: readonly string[]
  readonly domains: readonly string[]
  /** Typed words of the post index, `mention:did:…`, `has:image` …; see `event/post-words.ts`. */
  readonly words: readonly string[]
  /** Id of the post it replies to. */
  readonly replyTo: Id | null
  /** Id of the post it quotes. */
  readonly quoted: Id | null
}

/**
 * One thing that is counted. `keys` is a pure function of a row, so that the change any write makes to the counts is
 * keys(new) − keys(old): creates, updates, deletes and replays are one case.
 */
export interface Dimension {
  readonly name: string
  readonly keys: (row: Countable) => readonly string[]
  readonly grains: readonly Grain[]
  /** Whether the different accounts behind each key are counted, by hour and day. Of live posts only. */
  readonly authors: boolean
}

/** Standard: all grains, no authors. */
export function defineDimension(
  definition: Pick<Dimension, 'name' | 'keys'> & Partial<Dimension>,
): Dimension {
  return { grains, authors: false, ...definition }
}

/** A dimension of live posts whose accounts are counted; too many keys to count by minute, unless it is said otherwise. */
export function defineAuthoredDimension(
  name: string,
  keys: (post: PostContent) => readonly string[],
  kept: readonly Grain[] = ['hour', 'day'],
): Dimension {
  return {
    name,
    keys: ({ post }) => (post ? keys(post) : none),
    grains: kept,
    authors: true,
  }
}

const none: readonly string[] = []

/** Values of the words that begin with a prefix, such as `mention:`. */
export function wordsAfter(post: PostContent, prefix: string): string[] {
  const values: string[] = []
  for (const word of post.words) {
    if (word.startsWith(prefix)) values.push(word.slice(prefix.length))
  }
  return values
}
