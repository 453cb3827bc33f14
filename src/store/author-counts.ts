import type { Grain } from '../dimensions/dimension.ts'

/** How many accounts a batch adds behind keys, by grain, bucket (µs since 1970), dimension and key. */
export class AuthorCounts {
  readonly #counts = new Map<string, AuthorCount>()

  /** @param n may be negative */
  add(grain: Grain, bucketUs: number, dimension: string, key: string, n: number): void {
    if (n === 0) return
    const name = `${grain} ${bucketUs} ${dimension} ${key}`
    const known = this.#counts.get(name)
    if (known) known.n += n
    else this.#counts.set(name, { grain, bucketUs, dimension, key, n })
  }

  addAll(counts: AuthorCounts): void {
    for (const { grain, bucketUs, dimension, key, n } of counts.values()) {
      this.add(grain, bucketUs, dimension, key, n)
    }
  }

  values(): Iterable<AuthorCount> {
    return this.#counts.values()
  }
}

export interface AuthorCount {
  readonly grain: Grain
  readonly bucketUs: number
  readonly dimension: string
  readonly key: string
  n: number
}
