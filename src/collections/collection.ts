import type { Nsid } from '../event/event.ts'
import type { Id } from '../event/ids.ts'

/** What we know of a collection beyond its name. Collections without a definition are stored and counted all the same. */
export interface Collection {
  readonly nsid: Nsid
  /** Id of the post or account that a record points at, or null. */
  readonly subject: (record: Readonly<Record<string, unknown>>) => Id | null
  /** What a live record is to the post it points at; a column of table engagement. */
  readonly engagement?: 'likes' | 'reposts'
  /** What a live record is to the account it points at, and what one that ended is; columns of table tie. */
  readonly tie?: { readonly live: 'follows' | 'blocks'; readonly ended: 'unfollows' | 'unblocks' }
}

export function defineCollection(
  definition: Omit<Collection, 'nsid'> & { readonly nsid: string },
): Collection {
  return { ...definition, nsid: definition.nsid as Nsid }
}
