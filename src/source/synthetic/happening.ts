import { clockOf, delayUsOf } from './accounts.ts'
import { tidText } from './ids.ts'

/** Something that is due in a second: one commit, or one identity change with what belongs to it. */
export interface Happening {
  /** When it should arrive, µs since 1970. */
  readonly dueUs: number
  /** Its frames, the first at the given time, each further one a µs later. */
  readonly frames: (firstUs: number) => readonly string[]
}

/**
 * Revision of a repository for a commit that arrives at a time: rises with it for each account, because an account's
 * events are all equally late.
 */
export function revOf(did: string, arrivesUs: number): string {
  return tidText(arrivesUs - delayUsOf(did), clockOf(did))
}
