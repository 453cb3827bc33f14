import type { Nsid } from '../event/event.ts'
import type { Id } from '../event/ids.ts'

/** What we know of a collection beyond its name. Collections without a definition are stored and counted all the same. */
export interface Collection {
  readonly nsid: Nsid
  /** Id of the post or account that a record points at, or null. */
  readonly subject: (record: Readonly<Record<string, unknown>>) => Id | null
}

export function defineCollection(definition: {
  readonly nsid: string
  readonly subject: Collection['subject']
}): Collection {
  return { ...definition, nsid: definition.nsid as Nsid }
}
