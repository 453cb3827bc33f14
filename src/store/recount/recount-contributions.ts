import { CopyEncoder } from '../../db/copy-encoder.ts'
import type { Countable, Dimension } from '../../dimensions/dimension.ts'

/** So many numbers are held before they are to be written; about 200 bytes each. */
const most = 100_000

export const contributionColumns = ['bucket', 'dimension', 'key', 'n'] as const

/** What rows contribute to the keys of dimensions, added up by bucket as far as memory allows. */
export class Contributions {
  readonly #dimensions: readonly Dimension[]
  readonly #bucketUs: number
  /** bucket → dimension → key → n */
  readonly #buckets = new Map<number, Map<string, Map<string, number>>>()
  #size = 0

  constructor(dimensions: readonly Dimension[], bucketUs: number) {
    this.#dimensions = dimensions
    this.#bucketUs = bucketUs
  }

  get isFull(): boolean {
    return this.#size >= most
  }

  add(row: Countable, n: number): void {
    const bucket = Math.floor(row.timeUs / this.#bucketUs)
    let byDimension = this.#buckets.get(bucket)
    if (!byDimension) {
      byDimension = new Map()
      this.#buckets.set(bucket, byDimension)
    }
    for (const { name, keys } of this.#dimensions) {
      for (const key of keys(row)) {
        let counts = byDimension.get(name)
        if (!counts) {
          counts = new Map()
          byDimension.set(name, counts)
        }
        const known = counts.get(key)
        if (known === undefined) this.#size += 1
        counts.set(key, (known ?? 0) + n)
      }
    }
  }

  /** What was added since the last time, for COPY; null where it is nothing. */
  take(): Buffer | null {
    const encoder = new CopyEncoder()
    for (const [bucket, byDimension] of this.#buckets) {
      for (const [dimension, counts] of byDimension) {
        for (const [key, n] of counts) {
          encoder.row(contributionColumns.length)
          encoder.timestamp(bucket * this.#bucketUs)
          encoder.text(dimension)
          encoder.text(key)
          encoder.int8(n)
        }
      }
    }
    this.#buckets.clear()
    this.#size = 0
    return encoder.finish()
  }
}
