import type { LagPoint } from './live-stream.ts'
import type { Bucket, Shape } from './series.ts'

const longestMs = 300_000
const shortestMs = 60_000
// Counters come each second; a longer silence is a gap.
const silenceMs = 2500

/** The lag that this page measured, at most over the last five minutes, seconds, in the shape of any other series. */
export function lagShape(points: readonly LagPoint[], nowMs: number): Shape {
  const openForMs = nowMs - (points[0]?.atMs ?? nowMs)
  const fromMs = nowMs - Math.max(shortestMs, Math.min(longestMs, openForMs))
  const shown = points.filter((point) => point.atMs >= fromMs)
  const buckets: Bucket[] = []
  const gaps: { fromMs: number; toMs: number; reason: string }[] = []
  const firstMs = shown[0]?.atMs ?? nowMs
  if (firstMs - fromMs > silenceMs) gaps.push({ fromMs, toMs: firstMs, reason: 'page not open' })
  shown.forEach((point, index) => {
    const nextMs = shown[index + 1]?.atMs ?? nowMs
    const silent = nextMs - point.atMs > silenceMs
    const endMs = silent ? point.atMs + 1000 : nextMs
    const value = point.lagMs === null ? null : point.lagMs / 1000
    buckets.push(bucket(point.atMs, endMs, value))
    if (silent && nextMs > endMs) {
      buckets.push(bucket(endMs, nextMs, null))
      gaps.push({ fromMs: endMs, toMs: nextMs, reason: 'no signal' })
    }
  })
  return {
    keys: ['lag'],
    buckets: buckets.filter(({ startMs, endMs }) => endMs > startMs),
    gaps,
    fromMs,
    toMs: nowMs,
    asOfMs: nowMs,
    exclusive: true,
    level: true,
  }
}

function bucket(startMs: number, endMs: number, value: number | null): Bucket {
  return {
    startMs,
    endMs,
    state: value === null ? 'missing' : 'closed',
    values: [value],
    total: value,
    missingMs: 0,
    heardMs: endMs - startMs,
  }
}
