import type { ResponseOf } from '#contract/endpoint.ts'
import type { timeseries } from '#contract/timeseries.ts'

type Timeseries = ResponseOf<typeof timeseries>

/** What is needed of an answer to draw it. */
export type SeriesAnswer = Pick<
  Timeseries,
  'from' | 'to' | 'asOf' | 'coverage' | 'interval' | 'starts' | 'series' | 'rest' | 'open'
>

/** Reason of the gap between the newest event and now. */
export const notYet = 'not-received-yet'

/** The key under which everything outside the named series is kept. No real key is empty. */
export const restKey = ''

/**
 * closed: over, and received. open: still filling. partial: some of it was not received. missing: so much of it was not received that a
 * number would mislead. later: newer than the newest event, so nothing is known yet.
 */
export type BucketState = 'closed' | 'open' | 'partial' | 'missing' | 'later'

export interface Bucket {
  readonly startMs: number
  readonly endMs: number
  readonly state: BucketState
  /** Per key, in the order of `keys`; null where unknown. */
  readonly values: readonly (number | null)[]
  readonly total: number | null
  /** How much of it was not received, ms. */
  readonly missingMs: number
  /** How much of it lies in the past and was received, ms. */
  readonly heardMs: number
}

export interface Gap {
  readonly fromMs: number
  readonly toMs: number
  readonly reason: string
}

export interface Shape {
  /** Largest first; `restKey` last. */
  readonly keys: readonly string[]
  readonly buckets: readonly Bucket[]
  readonly gaps: readonly Gap[]
  readonly fromMs: number
  readonly toMs: number
  readonly asOfMs: number | null
  /** Keys exclude each other, so that they may be stacked. */
  readonly exclusive: boolean
  /** Values do not grow with the time that was heard: rates and shares do not, counts do. */
  readonly level: boolean
}

export const intervalSeconds = {
  minute: 60,
  '5m': 300,
  '10m': 600,
  '30m': 1800,
  hour: 3600,
  '3h': 10_800,
  day: 86_400,
} as const satisfies Record<Timeseries['interval'], number>

/**
 * Turns an answer into buckets that know how far they can be trusted. A bucket of which half was missed has no number. What has
 * happened by `nowMs` and has not been received yet is a gap too.
 */
export function shapeSeries(answer: SeriesAnswer, nowMs: number): Shape {
  const fromMs = Date.parse(answer.from)
  const toMs = Date.parse(answer.to)
  const asOfMs = answer.asOf === null ? null : Date.parse(answer.asOf)
  const knownMs = asOfMs === null ? fromMs : Math.min(asOfMs, toMs)
  const gaps = answer.coverage.gaps.map((gap) => ({
    fromMs: Date.parse(gap.from),
    toMs: Date.parse(gap.to),
    reason: gap.reason,
  }))
  const named = Object.entries(answer.series)
    .map(([key, counts]) => ({
      key,
      counts,
      sum: counts.reduce<number>((sum, n) => sum + (n ?? 0), 0),
    }))
    .sort((a, b) => b.sum - a.sum || (a.key < b.key ? -1 : 1))
  const columns = answer.rest?.some((count) => (count ?? 0) > 0)
    ? [...named, { key: restKey, counts: answer.rest, sum: 0 }]
    : named
  const widthMs = intervalSeconds[answer.interval] * 1000

  const buckets = answer.starts.map((start, index): Bucket => {
    const startMs = start * 1000
    const next = answer.starts[index + 1]
    const endMs = next === undefined ? startMs + widthMs : next * 1000
    const elapsedMs = Math.max(0, Math.min(endMs, knownMs) - startMs)
    const missingMs = overlap(gaps, startMs, Math.min(endMs, Math.max(knownMs, startMs)))
    const last = index === answer.starts.length - 1
    const counts = columns.map((column) => column.counts[index] ?? 0)
    const nothing = counts.every((count) => count === 0)
    const state = stateOf({
      // Counts arrive by the minute: a bucket with numbers in it is not later than the newest event, whatever the clocks say.
      elapsed: elapsedMs > 0 || !nothing,
      missing: missingMs > 0 && missingMs * 2 >= Math.max(elapsedMs, 1),
      partial: missingMs > 0,
      open: last && answer.open,
    })
    const unknown = state === 'missing' || state === 'later'
    return {
      startMs,
      endMs,
      state,
      values: unknown ? columns.map(() => null) : counts,
      total: unknown ? null : counts.reduce((sum, count) => sum + count, 0),
      missingMs,
      heardMs: Math.max(0, elapsedMs - missingMs),
    }
  })
  const heardUntilMs = buckets.findLast((bucket) => bucket.state !== 'later')?.endMs ?? knownMs
  const waitingUntilMs = Math.min(toMs, nowMs)
  const waiting =
    asOfMs !== null && waitingUntilMs - heardUntilMs >= widthMs
      ? [{ fromMs: Math.max(heardUntilMs, fromMs), toMs: waitingUntilMs, reason: notYet }]
      : []
  return {
    keys: columns.map((column) => column.key),
    buckets,
    gaps: [...gaps, ...waiting],
    fromMs: Math.min(fromMs, buckets[0]?.startMs ?? fromMs),
    toMs,
    asOfMs,
    exclusive: answer.rest !== null || named.length < 2,
    level: false,
  }
}

/** Counts as rates: events per second of the time that was heard, so that a running bucket is not lower for being short. */
export function perSecond(shape: Shape): Shape {
  return mapValues(shape, (value, bucket) => {
    const seconds = bucket.heardMs / 1000
    return seconds >= 1 ? value / seconds : null
  })
}

/** Counts as parts, 0 to 1, of what `whole` counted in the same bucket. Keys may overlap, so parts need not add up to 1. */
export function asShares(shape: Shape, whole: Shape): Shape {
  const totals = new Map(whole.buckets.map((bucket) => [bucket.startMs, bucket.total]))
  return mapValues(shape, (value, { startMs }) => {
    const total = totals.get(startMs)
    return total ? Math.min(1, value / total) : null
  })
}

/** The shape with one of its keys only. */
export function onlyKey(shape: Shape, key: string): Shape {
  const index = shape.keys.indexOf(key)
  if (index < 0) return shape
  return {
    ...shape,
    keys: [key],
    exclusive: true,
    buckets: shape.buckets.map((bucket) => {
      const value = bucket.values[index] ?? null
      return { ...bucket, values: [value], total: value }
    }),
  }
}

function stateOf(facts: {
  elapsed: boolean
  missing: boolean
  partial: boolean
  open: boolean
}): BucketState {
  if (!facts.elapsed) return 'later'
  if (facts.missing) return 'missing'
  if (facts.open) return 'open'
  return facts.partial ? 'partial' : 'closed'
}

function overlap(gaps: readonly Gap[], fromMs: number, toMs: number): number {
  let sum = 0
  let reached = fromMs
  for (const gap of [...gaps].sort((a, b) => a.fromMs - b.fromMs)) {
    const start = Math.max(gap.fromMs, reached)
    const end = Math.min(gap.toMs, toMs)
    if (end > start) {
      sum += end - start
      reached = end
    }
  }
  return sum
}

function mapValues(shape: Shape, change: (value: number, bucket: Bucket) => number | null): Shape {
  return {
    ...shape,
    level: true,
    buckets: shape.buckets.map((bucket) => ({
      ...bucket,
      values: bucket.values.map((value) => (value === null ? null : change(value, bucket))),
      total: bucket.total === null ? null : change(bucket.total, bucket),
    })),
  }
}
