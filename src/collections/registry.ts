import { block } from './block.ts'
import type { Collection } from './collection.ts'
import { follow } from './follow.ts'
import { like } from './like.ts'
import { listItem } from './list-item.ts'
import { repost } from './repost.ts'

/** The collections that we know more of than their name, one a line, sorted. */
export const collections: readonly Collection[] = [
  block, //
  follow,
  like,
  listItem,
  repost,
]

const byNsid = new Map<string, Collection>(
  collections.map((collection) => [collection.nsid, collection]),
)

export function findCollection(nsid: string): Collection | undefined {
  return byNsid.get(nsid)
}
