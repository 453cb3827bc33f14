import { type Covered, coverageOf, type Listening } from './coverage.ts'
import type { Range } from './period.ts'

/**
 * Coverage of a bucket.
 *
 * @param scannedFromMs where a bounded scan began; what lies before it was not looked at
 */
export function bucketCoverage(
  listening: Listening,
  bucket: Range,
  scannedFromMs = bucket.fromMs,
): Covered {
  const from = Math.min(Math.max(scannedFromMs, bucket.fromMs), bucket.toMs)
  return coverageOf(listening, bucket, from)
}

/** Of each bucket between some edges (ms), whether anything of it was received. `scannedFromMs` as above. */
export function heardIn(
  listening: Listening,
  edges: readonly number[],
  scannedFromMs: number,
): boolean[] {
  return edges.slice(0, -1).map((fromMs, index) => {
    const bucket = { fromMs, toMs: edges[index + 1] ?? fromMs }
    return bucketCoverage(listening, bucket, scannedFromMs).receivedMs > 0
  })
}

/** A column in which 0 means that there was none: where nothing was received nobody can say so. */
export function nullWhereUnheard(
  column: readonly (number | null)[],
  heard: readonly boolean[],
): (number | null)[] {
  return column.map((n, index) => (n === 0 && !heard[index] ? null : n))
}
