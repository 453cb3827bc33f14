import { isDrawn } from '../data/drawn.ts'
import { formatPercent } from '../data/format.ts'
import type { Bucket, Shape } from '../data/series.ts'
import { dayAndTime, stretch } from '../data/zone.ts'

/** One series as people see it. */
export interface SeriesLook {
  readonly key: string
  readonly label: string
  /** A CSS colour: a token of theme.css. */
  readonly color: string
}

export interface DescribeOptions {
  readonly title: string
  readonly zone: string
  readonly looks: readonly SeriesLook[]
  readonly stacked: boolean
  readonly format: (value: number) => string
}

/** The chart in one sentence, for its caption: the span of the numbers, where the peak is, and what is largest. */
export function describeShape(shape: Shape, options: DescribeOptions): string {
  const { zone, looks, stacked, format } = options
  const value = (bucket: Bucket) =>
    stacked || bucket.values.length === 1 ? bucket.total : (bucket.values[0] ?? null)
  const known = shape.buckets.filter(
    (bucket) => value(bucket) !== null && bucket.state !== 'open' && isDrawn(shape, bucket),
  )
  const [first] = known
  if (!first) return `${options.title}: no complete bucket in this range yet.`
  if (known.length === 1 && (stacked || looks.length === 1)) {
    return `${format(value(first) ?? 0)} in the one complete bucket, ${dayAndTime(first.startMs, zone)}.`
  }
  let low = first
  let high = first
  for (const bucket of known) {
    if ((value(bucket) ?? 0) > (value(high) ?? 0)) high = bucket
    if ((value(bucket) ?? 0) < (value(low) ?? 0)) low = bucket
  }
  const lowest = format(value(low) ?? 0)
  const highest = format(value(high) ?? 0)
  const span = lowest === highest ? `steady at ${highest}` : `${lowest} to ${highest}`
  const peak = lowest === highest ? '' : `, highest ${dayAndTime(high.startMs, zone)}`
  const share = stacked && looks.length > 1 ? largest(shape, looks) : null
  if (!stacked && looks.length > 1) return `${looks[0]?.label ?? ''} leads: ${span}${peak}.`
  return `${upperFirst(span)}${peak}${share ? `. ${share}` : ''}.`
}

/** What a bucket says, for a tooltip's screen reader twin. */
export function describeBucket(bucket: Bucket, options: DescribeOptions): string {
  const when = stretch(bucket.startMs, bucket.endMs, options.zone)
  if (bucket.total === null) return `${when}: ${stateWords(bucket) ?? 'unknown'}`
  const parts = options.looks.map(
    (look, index) => `${look.label} ${formatOr(bucket.values[index], options.format)}`,
  )
  const total = options.stacked && parts.length > 1 ? [`total ${options.format(bucket.total)}`] : []
  const note = stateWords(bucket)
  return `${when}${note ? ` (${note})` : ''}: ${[...total, ...parts].join(', ')}`
}

/** Why the number of a bucket is not final; null where it is. */
export function stateWords(bucket: Bucket): string | null {
  switch (bucket.state) {
    case 'closed':
      return null
    case 'open':
      return 'so far'
    case 'partial':
      return `incomplete, ${minutes(bucket.missingMs)} not received`
    case 'missing':
      return 'not received'
    case 'later':
      return 'not received yet'
    default:
      return bucket.state satisfies never
  }
}

/** Reasons of gaps as the API names them, in words. */
export function gapWords(reason: string): string {
  if (reason === 'not-recorded') return 'not listening'
  if (reason === 'not-scanned') return 'not searched'
  return reason.replaceAll('-', ' ')
}

function largest(shape: Shape, looks: readonly SeriesLook[]): string | null {
  const sums = looks.map((_, index) =>
    shape.buckets.reduce((sum, bucket) => sum + (bucket.values[index] ?? 0), 0),
  )
  const all = sums.reduce((sum, value) => sum + value, 0)
  if (all === 0) return null
  const best = sums.indexOf(Math.max(...sums))
  const label = looks[best]?.label
  return label ? `Mostly ${label}, ${formatPercent((sums[best] ?? 0) / all)}` : null
}

function formatOr(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? 'unknown' : format(value)
}

function minutes(ms: number): string {
  return ms < 90_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
