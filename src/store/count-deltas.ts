import { CopyEncoder } from '../db/copy-encoder.ts'
import type { Countable } from '../dimensions/dimension.ts'
import { dimensions } from '../dimensions/registry.ts'

const minuteUs = 60_000_000

interface Alike {
  readonly row: Countable
  n: number
}

/**
 * What a batch changes about the counts, by minute; hours and days are summed from it where it is stored. A write adds the
 * keys of the new row and takes away those of the old one, whatever the operation was.
 */
export class CountDeltas {
  /** minute → dimension → key → n */
  readonly #minutes = new Map<number, Map<string, Map<string, number>>>()
  /** Nine rows of ten are no posts and differ in nothing that is counted: they are counted together first. */
  readonly #alike = new Map<number, Map<string, Map<string, Alike>>>()

  add(row: Countable, n: 1 | -1): void {
    if (row.languages.length + row.tags.length + row.domains.length > 0) {
      this.#spread(row, n)
      return
    }
    const byCollection = getOrCreate(
      this.#alike,
      Math.floor(row.timeUs / minuteUs),
      newMap<string, Map<string, Alike>>,
    )
    const byOperation = getOrCreate(byCollection, row.collection, newMap<string, Alike>)
    const alike = byOperation.get(row.operation)
    if (alike) alike.n += n
    else byOperation.set(row.operation, { row, n })
  }

  /** Rows (bucket, dimension, key, n) for COPY; what cancelled out is left out. Null where nothing changes. */
  encode(): Buffer | null {
    for (const byCollection of this.#alike.values()) {
      for (const byOperation of byCollection.values()) {
        for (const { row, n } of byOperation.values()) this.#spread(row, n)
      }
    }
    this.#alike.clear()
    const encoder = new CopyEncoder(32 * 1024)
    for (const [minute, byDimension] of this.#minutes) {
      for (const [dimension, counts] of byDimension) {
        for (const [key, n] of counts) {
          if (n === 0) continue
          encoder.row(4)
          encoder.timestamp(minute * minuteUs)
          encoder.text(dimension)
          encoder.text(key)
          encoder.int8(n)
        }
      }
    }
    return encoder.finish()
  }

  #spread(row: Countable, n: number): void {
    const byDimension = getOrCreate(
      this.#minutes,
      Math.floor(row.timeUs / minuteUs),
      newMap<string, Map<string, number>>,
    )
    for (const { name, keys } of dimensions) {
      for (const key of keys(row)) {
        const counts = getOrCreate(byDimension, name, newMap<string, number>)
        counts.set(key, (counts.get(key) ?? 0) + n)
      }
    }
  }
}

function newMap<K, V>(): Map<K, V> {
  return new Map()
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
    map.set(key, value)
  }
  return value
}
