import type { DimensionName, Interval } from '../contract/common.ts'
import { dimensions } from '../dimensions/registry.ts'
import { activityHours } from './active-accounts.ts'
import { chooseInterval, readEdges, widthMs } from './buckets.ts'
import { type Range, refuse } from './period.ts'
import type { ReadContext } from './question.ts'
import { type Grain, grainMs } from './slices.ts'

const widestFirst = ['day', 'hour', 'minute'] as const satisfies readonly Grain[]
const byName = new Map(dimensions.map((dimension) => [dimension.name, dimension]))

/** The grains that a dimension is counted in, the widest first. */
export function grainsOf(dimension: DimensionName): readonly Grain[] {
  const kept = byName.get(dimension)?.grains
  return widestFirst.filter((grain) => kept?.includes(grain) ?? true)
}

/** Whether the accounts behind the keys of a dimension are counted. */
export function hasAuthors(dimension: DimensionName): boolean {
  return byName.get(dimension)?.authors ?? false
}

/** Width of the narrowest bucket that a dimension is counted in, ms. */
export function finestMs(dimension: DimensionName): number {
  return grainMs[grainsOf(dimension).at(-1) ?? 'minute']
}

/**
 * The range that can be told of a dimension: itself where minutes are counted. Where only hours are, as of activity; where only
 * days are, the days of UTC that it touches.
 */
export function widenToGrain(dimension: DimensionName, range: Range): Range {
  const finest = finestMs(dimension)
  if (finest === grainMs.minute) return range
  if (finest === grainMs.hour) return activityHours(range)
  return {
    fromMs: Math.floor(range.fromMs / finest) * finest,
    toMs: Math.ceil(range.toMs / finest) * finest,
  }
}

/**
 * Buckets for a series of a dimension. Throws `AppError` `REQUEST_INVALID` where the interval asked for is finer than what is
 * counted, or makes too many buckets.
 *
 * @returns edges in ms: bucket i is [edges[i], edges[i + 1])
 */
export async function chooseBuckets(
  { dimension, asked, tz }: { dimension: DimensionName; asked: Interval | 'auto'; tz: string },
  range: Range,
  context: ReadContext,
): Promise<{ interval: Interval; edges: readonly number[] }> {
  const finest = finestMs(dimension)
  if (finest === grainMs.minute) {
    const interval = chooseInterval(asked, range)
    return { interval, edges: await readEdges(range, interval, tz, context) }
  }
  const among = finest === grainMs.hour ? (['hour', '3h', 'day'] as const) : (['day'] as const)
  if (asked !== 'auto' && widthMs(asked) < finest) {
    throw refuse(
      'interval',
      `is finer than ${dimension} is counted; right would be ${among[0]} or auto`,
    )
  }
  const interval = chooseInterval(asked, range, { among, mostAutomatic: 300 })
  const wide = { fromMs: range.fromMs - widthMs(interval) - 2 * grainMs.day, toMs: range.toMs }
  const edges = await readWholeEdges(wide, { interval, tz, wholeMs: finest }, context)
  const first = edges.findLastIndex((edgeMs) => edgeMs <= range.fromMs)
  const last = edges.findIndex((edgeMs) => edgeMs >= range.toMs)
  return { interval, edges: edges.slice(first, last + 1) }
}

/**
 * Edges of buckets that are whole hours or days of UTC. Hours are those of UTC. Where a zone is off by a part of one, longer
 * buckets begin with the first that begins in them, so that a day is named by its own date.
 */
export async function readWholeEdges(
  range: Range,
  { interval, tz, wholeMs }: { interval: Interval; tz: string; wholeMs: number },
  context: ReadContext,
): Promise<number[]> {
  const zone = widthMs(interval) <= wholeMs ? 'UTC' : tz
  const edges = await readEdges(range, interval, zone, context)
  return [...new Set(edges.map((edgeMs) => Math.ceil(edgeMs / wholeMs) * wholeMs))]
}
