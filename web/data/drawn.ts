import type { Bucket, Gap, Shape } from './series.ts'

// A count that lacks more of its time than this looks like a fall that never happened.
const tolerableLack = 0.05

/** Whether a bucket may be drawn: it has a number, and the number is not low only because part of it was missed. */
export function isDrawn(shape: Shape, bucket: Bucket): boolean {
  if (bucket.total === null) return false
  return shape.level || bucket.missingMs <= tolerableLack * (bucket.missingMs + bucket.heardMs)
}

/** Runs of neighbouring buckets that are drawn; nothing may be drawn from one run to the next. The running bucket is none of them. */
export function runsOf(shape: Shape): readonly (readonly Bucket[])[] {
  const runs: Bucket[][] = []
  let current: Bucket[] = []
  for (const bucket of shape.buckets) {
    if (bucket.state === 'open' || !isDrawn(shape, bucket)) {
      if (current.length > 0) runs.push(current)
      current = []
    } else current.push(bucket)
  }
  if (current.length > 0) runs.push(current)
  return runs
}

/** The gaps as they are drawn: with the whole of the buckets that they keep from being drawn, and joined where they touch. */
export function drawnGaps(shape: Shape): readonly Gap[] {
  const touched = shape.buckets
    .filter((bucket) => bucket.missingMs > 0 && !isDrawn(shape, bucket) && isOver(bucket))
    .map(({ startMs, endMs }) => ({ fromMs: startMs, toMs: endMs, reason: '' }))
  const joined: Gap[] = []
  const all = [...shape.gaps, ...touched].sort((a, b) => a.fromMs - b.fromMs)
  for (const gap of all) {
    const last = joined[joined.length - 1]
    const same = last && (last.reason === gap.reason || last.reason === '' || gap.reason === '')
    if (last && same && gap.fromMs <= last.toMs)
      joined[joined.length - 1] = {
        fromMs: last.fromMs,
        toMs: Math.max(last.toMs, gap.toMs),
        reason: last.reason || gap.reason,
      }
    else joined.push(gap)
  }
  return joined
}

function isOver({ state }: Bucket): boolean {
  return state !== 'open' && state !== 'later'
}
