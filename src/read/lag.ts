/** How far a partition of the log is stored. */
export interface StoredUpTo {
  /** Offset to store next; null before the first. */
  readonly nextOffset: number | null
  /** Network time of the newest stored event, µs; null before the first. */
  readonly timeUs: number | null
}

/** Events that wait to be stored, of a log whose next event will get the offset `endOffset`. */
export function lagOf({ nextOffset }: StoredUpTo, endOffset: number): number {
  return Math.max(0, endOffset - (nextOffset ?? 0))
}

/**
 * Age of the newest stored event, ms; 0 where nothing waits, null before the first.
 *
 * @param lag events that wait; null where nobody knows
 * @param nowMs own clock, ms since 1970
 */
export function lagMsOf({ timeUs }: StoredUpTo, lag: number | null, nowMs: number): number | null {
  if (lag === 0) return 0
  return timeUs === null ? null : Math.max(0, nowMs - timeUs / 1_000)
}
