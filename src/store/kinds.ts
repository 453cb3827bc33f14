import { follow } from '../collections/follow.ts'
import { like } from '../collections/like.ts'
import { post } from '../collections/post.ts'
import { repost } from '../collections/repost.ts'

/** What an account did on a day, as bits of author_day.kinds. */
export const kinds = { post: 1, like: 2, repost: 4, follow: 8, other: 16 } as const
export type Kind = keyof typeof kinds

const byCollection = new Map<string, number>([
  [post.nsid, kinds.post],
  [like.nsid, kinds.like],
  [repost.nsid, kinds.repost],
  [follow.nsid, kinds.follow],
])

/** The bit of a record of this collection, whatever was done to it. */
export function kindOf(collection: string): number {
  return byCollection.get(collection) ?? kinds.other
}
