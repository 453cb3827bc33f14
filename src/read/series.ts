import type { DimensionName, Provenance } from '../contract/common.ts'

/** Dimensions whose keys exclude each other, so that what is not shown can be told: a post may have two languages. */
export const exclusive: readonly DimensionName[] = [
  'collection',
  'operation',
  'media',
  'alt',
  'client',
  'hour-of-week',
]

/** What is asked of a series, in whichever way it is found. */
export interface AskedSeries {
  readonly dimension: DimensionName
  /** Edges of the buckets, ms: bucket i is [edges[i], edges[i + 1]). */
  readonly edges: readonly number[]
  /** The keys to show; undefined for the largest `top`. */
  readonly keys: readonly string[] | undefined
  readonly top: number
}

/** Counts by key and bucket, and how they were found. */
export interface Series {
  readonly byKey: Record<string, number[]>
  /** As `byKey`, different accounts; null where that cannot be told of each bucket. */
  readonly authors: Record<string, (number | null)[]> | null
  /** By bucket, everything that is not in `byKey`; meaningful only where keys exclude each other. */
  readonly rest: number[]
  readonly counted: Provenance['counted']
  /** Where a scan that hit its bound began, ms. */
  readonly scannedFromMs: number
}

/** One count: of a key, or of everything where the key is null, in the bucket of an index. */
export interface Point {
  readonly key: string | null
  readonly index: number
  readonly count: number
  /** Accounts behind it, where the bucket is one that they are counted in. */
  readonly authors?: number
}

/** Columns from points: a bucket without a point is 0. Keys come in the order given. */
export function toColumns(
  keys: readonly string[],
  points: readonly Point[],
  buckets: number,
): Pick<Series, 'byKey' | 'rest'> {
  const columns = new Map(keys.map((key) => [key, zeros(buckets)]))
  const rest = zeros(buckets)
  for (const { key, index, count } of points) {
    const column = key === null ? rest : columns.get(key)
    if (column) column[index] = (column[index] ?? 0) + count
  }
  return { byKey: Object.fromEntries(columns), rest }
}

/** No buckets yet: nothing of the range has happened. */
export function emptySeries({ keys, edges }: AskedSeries): Series {
  return {
    ...toColumns(keys ?? [], [], 0),
    authors: null,
    counted: 'counts',
    scannedFromMs: edges[0] ?? 0,
  }
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}
