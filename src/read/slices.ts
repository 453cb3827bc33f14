import type { Range } from './period.ts'

/** The widths that counts are kept in; there is a table for each. */
export type Grain = 'minute' | 'hour' | 'day'

export const grainMs: Readonly<Record<Grain, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

export type Slices = Readonly<Record<Grain, readonly Range[]>>

/**
 * Cuts buckets (given by their edges, ms, whole multiples of the finest grain) into the widest grains that lie within one
 * bucket each, so that as few rows as possible are read and none counts for the wrong bucket. A day cut at 12:34 is half
 * an hour of minutes, then hours; a month of whole UTC days is days only.
 */
export function planSlices(
  edges: readonly number[],
  grains: readonly Grain[] = ['day', 'hour', 'minute'],
): Slices {
  const slices: Record<Grain, Range[]> = { minute: [], hour: [], day: [] }
  for (const [index, toMs] of edges.entries()) {
    const fromMs = edges[index - 1]
    if (fromMs !== undefined) cut({ fromMs, toMs }, grains, slices)
  }
  return { minute: merge(slices.minute), hour: merge(slices.hour), day: merge(slices.day) }
}

/** The start of each bucket of a grain in some ranges. */
export function bucketStarts(grain: Grain, ranges: readonly Range[]): Date[] {
  const starts: Date[] = []
  for (const { fromMs, toMs } of ranges) {
    for (let ms = fromMs; ms < toMs; ms += grainMs[grain]) starts.push(new Date(ms))
  }
  return starts
}

function cut(range: Range, grains: readonly Grain[], slices: Record<Grain, Range[]>): void {
  const [grain, ...finer] = grains
  if (!grain || range.fromMs >= range.toMs) return
  const width = grainMs[grain]
  const fromMs = Math.ceil(range.fromMs / width) * width
  const toMs = Math.floor(range.toMs / width) * width
  if (fromMs >= toMs) {
    cut(range, finer, slices)
    return
  }
  slices[grain].push({ fromMs, toMs })
  cut({ fromMs: range.fromMs, toMs: fromMs }, finer, slices)
  cut({ fromMs: toMs, toMs: range.toMs }, finer, slices)
}

function merge(ranges: Range[]): Range[] {
  const merged: Range[] = []
  for (const range of ranges.sort((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1)
    if (last?.toMs === range.fromMs) {
      merged[merged.length - 1] = { fromMs: last.fromMs, toMs: range.toMs }
    } else merged.push(range)
  }
  return merged
}
