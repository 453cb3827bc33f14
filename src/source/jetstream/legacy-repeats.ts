import { hash } from 'node:crypto'

/** A burst of a legacy host's replay must not grow it without end; 100,000 digests are about 10 MB. */
const maxDigests = 100_000

/**
 * Frames that a legacy host sends again after a reconnect. It has no sequence, and the cursor is set back a little on
 * purpose, so repeats are told by their bytes: the host stores frames as text and replays the same text.
 */
export class LegacyRepeats {
  readonly #windowUs: number
  readonly #seen = new Map<string, number>()
  #newestUs = 0
  /** Frames up to this time may be repeats. */
  #overlapUs = 0

  /** `windowUs`: for how much network time frames are remembered; at least twice the overlap asked for. */
  constructor(windowUs: number) {
    this.#windowUs = windowUs
  }

  /** A connection begins: what was seen so far may come again. */
  reconnected(): void {
    this.#overlapUs = this.#newestUs
  }

  /** Whether these bytes were seen before; remembers them. `timeUs` is the frame's network time, null if unreadable. */
  isRepeat(bytes: Buffer, timeUs: number | null): boolean {
    const digest = hash('sha1', bytes, 'base64')
    const repeated = (timeUs ?? this.#newestUs) <= this.#overlapUs && this.#seen.has(digest)
    this.#seen.set(digest, timeUs ?? this.#newestUs)
    if (timeUs !== null && timeUs > this.#newestUs) this.#newestUs = timeUs
    this.#forget()
    return repeated
  }

  #forget(): void {
    for (const [digest, timeUs] of this.#seen) {
      if (timeUs >= this.#newestUs - this.#windowUs && this.#seen.size <= maxDigests) return
      this.#seen.delete(digest)
    }
  }
}
