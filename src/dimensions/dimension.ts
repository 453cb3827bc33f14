import type { Operation } from '../event/event.ts'

/** The columns of a stored row that counts are made from, new or old alike. */
export interface Countable {
  readonly collection: string
  readonly operation: Operation
  /** Network clock of the row's last operation, µs since 1970: which buckets it counts in. */
  readonly timeUs: number
  /** What is below is empty for rows that are not live posts. */
  readonly languages: readonly string[]
  readonly tags: readonly string[]
  readonly domains: readonly string[]
}

/**
 * One thing that is counted. `keys` is a pure function of a row, so that the change any write makes to the counts is
 * keys(new) − keys(old): creates, updates, deletes and replays are one case.
 */
export interface Dimension {
  readonly name: string
  readonly keys: (row: Countable) => readonly string[]
}

export function defineDimension(dimension: Dimension): Dimension {
  return dimension
}
