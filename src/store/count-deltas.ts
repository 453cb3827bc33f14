import { CopyEncoder } from '../db/copy-encoder.ts'
import type { Countable } from '../dimensions/dimension.ts'
import { dimensions } from '../dimensions/registry.ts'

const minuteUs = 60_000_000

/**
 * What a batch changes about the counts, by minute; hours and days are summed from it where it is stored. A write adds the
 * keys of the new row and takes away those of the old one, whatever the operation was.
 */
export class CountDeltas {
  readonly #byDimension = dimensions.map(({ name, keys }) => ({
    name,
    keys,
    minutes: new Map<number, Map<string, number>>(),
  }))

  add(row: Countable, n: 1 | -1): void {
    const minute = Math.floor(row.timeUs / minuteUs)
    for (const dimension of this.#byDimension) {
      for (const key of dimension.keys(row)) {
        let counts = dimension.minutes.get(minute)
        if (!counts) {
          counts = new Map()
          dimension.minutes.set(minute, counts)
        }
        counts.set(key, (counts.get(key) ?? 0) + n)
      }
    }
  }

  /** Rows (bucket, dimension, key, n) for COPY; what cancelled out is left out. Null where nothing changes. */
  encode(): Buffer | null {
    const encoder = new CopyEncoder(32 * 1024)
    for (const { name, minutes } of this.#byDimension) {
      for (const [minute, counts] of minutes) {
        for (const [key, n] of counts) {
          if (n === 0) continue
          encoder.row(4)
          encoder.timestamp(minute * minuteUs)
          encoder.text(name)
          encoder.text(key)
          encoder.int8(n)
        }
      }
    }
    return encoder.rows === 0 ? null : encoder.finish()
  }
}
