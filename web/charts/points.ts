import { isDrawn, runsOf } from '../data/drawn.ts'
import type { Bucket, Shape } from '../data/series.ts'

/** A point for Recharts: x in ms; `s0`, `s1` … per key; `o0`, `o1` … for the bucket that still fills. */
export type Row = { readonly x: number } & Readonly<Record<string, number | null>>

/** Up to this many buckets are drawn as the steps that they are; beyond, a step is too narrow to see. */
const mostSteps = 40

/**
 * The outline of each run of known buckets, over exactly the time that the run covers, and a row of nulls after it so that nothing is
 * joined across a gap. Few buckets become steps, many a line through their middles.
 */
export function toRows(shape: Shape): Row[] {
  const steps = shape.buckets.length <= mostSteps
  const rows: Row[] = []
  for (const run of runsOf(shape)) {
    const first = run[0]
    const last = run[run.length - 1]
    if (!first || !last) continue
    if (steps)
      for (const bucket of run)
        rows.push(at(bucket.startMs, bucket, 's'), at(bucket.endMs, bucket, 's'))
    else {
      rows.push(at(first.startMs, first, 's'))
      for (const bucket of run) rows.push(at(middle(bucket), bucket, 's'))
      rows.push(at(last.endMs, last, 's'))
    }
    rows.push(blank(last.endMs, shape.keys.length))
  }
  const open = shape.buckets.find((bucket) => bucket.state === 'open')
  if (open) rows.push(at(open.startMs, open, 'o'), at(open.endMs, open, 'o'))
  return rows
}

export function middle(bucket: Bucket): number {
  return (bucket.startMs + bucket.endMs) / 2
}

/** The greatest value that is drawn: the height of the stack, or the highest line. */
export function maxOf(shape: Shape, stacked: boolean): number {
  let max = 0
  for (const bucket of shape.buckets) {
    if (bucket.state !== 'open' && !isDrawn(shape, bucket)) continue
    const { values, total } = bucket
    if (stacked) max = Math.max(max, total ?? 0)
    else for (const value of values) max = Math.max(max, value ?? 0)
  }
  return max
}

function at(x: number, bucket: Bucket, prefix: 's' | 'o'): Row {
  const row: Record<string, number | null> & { x: number } = { x }
  bucket.values.forEach((value, index) => {
    row[`${prefix}${index}`] = value
  })
  return row
}

function blank(x: number, keys: number): Row {
  const row: Record<string, number | null> & { x: number } = { x }
  for (let index = 0; index < keys; index++) row[`s${index}`] = null
  return row
}
