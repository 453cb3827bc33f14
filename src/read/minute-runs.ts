import type { minuteStates } from '../contract/coverage.ts'
import { grainMs } from './slices.ts'

export type MinuteState = (typeof minuteStates)[number]

/** A stretch of network time, [fromUs, toUs) in µs. */
export interface Span {
  readonly fromUs: number
  readonly toUs: number
}

/** Whole minutes of one state, [fromMs, toMs). */
export interface MinuteRun {
  readonly fromMs: number
  readonly toMs: number
  readonly state: MinuteState
}

const minuteUs = grainMs.minute * 1_000

/**
 * States of the minutes that a source has listened to, in runs. Minutes in which it began or has not come to the end are
 * received in part. Pure; the work grows with the number of gaps, not of minutes.
 *
 * @param listened from its first to its newest stored event
 * @param missing gaps that are not filled
 * @param filled gaps that were filled
 */
export function minuteRuns(
  listened: Span,
  missing: readonly Span[],
  filled: readonly Span[],
): MinuteRun[] {
  const from = Math.floor(listened.fromUs / minuteUs)
  const to = Math.ceil(listened.toUs / minuteUs)
  const outside: Span[] = [
    { fromUs: from * minuteUs, toUs: listened.fromUs },
    { fromUs: listened.toUs, toUs: to * minuteUs },
  ]
  const left = union([...missing, ...outside])
  // The state of a minute can only change at these.
  const edges = new Set([from, to])
  for (const { fromUs, toUs } of [...left, ...filled]) {
    for (const us of [fromUs, toUs]) {
      edges.add(Math.floor(us / minuteUs))
      edges.add(Math.ceil(us / minuteUs))
    }
  }
  const sorted = [...edges].filter((edge) => edge >= from && edge <= to).sort((a, b) => a - b)
  const stateOf = createStates(left, union(filled))
  const runs: MinuteRun[] = []
  for (const [index, start] of sorted.slice(0, -1).entries()) {
    const toMs = (sorted[index + 1] ?? start) * grainMs.minute
    const state = stateOf({ fromUs: start * minuteUs, toUs: (start + 1) * minuteUs })
    const last = runs.at(-1)
    if (last?.state === state) runs[runs.length - 1] = { ...last, toMs }
    else runs.push({ fromMs: start * grainMs.minute, toMs, state })
  }
  return runs
}

/** Tells the state of minutes that are asked about in order. */
function createStates(
  missing: readonly Span[],
  filled: readonly Span[],
): (minute: Span) => MinuteState {
  const [missingIn, filledIn] = [createOverlap(missing), createOverlap(filled)]
  return (minute) => {
    const missingUs = missingIn(minute)
    if (missingUs === minuteUs) return 'gap'
    if (missingUs > 0) return 'partial'
    return filledIn(minute) > 0 ? 'replayed' : 'complete'
  }
}

/** How much of a minute some sorted spans that do not touch take, µs; minutes come in order. */
function createOverlap(spans: readonly Span[]): (minute: Span) => number {
  let first = 0
  return ({ fromUs, toUs }) => {
    while ((spans[first]?.toUs ?? Number.POSITIVE_INFINITY) <= fromUs) first++
    let sum = 0
    for (let index = first; (spans[index]?.fromUs ?? toUs) < toUs; index++) {
      const span = spans[index]
      if (span) sum += Math.min(toUs, span.toUs) - Math.max(fromUs, span.fromUs)
    }
    return sum
  }
}

function union(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of [...spans].sort((a, b) => a.fromUs - b.fromUs)) {
    if (span.toUs <= span.fromUs) continue
    const last = merged.at(-1)
    if (last && span.fromUs <= last.toUs) {
      merged[merged.length - 1] = { ...last, toUs: Math.max(last.toUs, span.toUs) }
    } else merged.push(span)
  }
  return merged
}
