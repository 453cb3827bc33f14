import { activeAccounts, activityIntervals } from '../contract/active-accounts.ts'
import type { Interval } from '../contract/common.ts'
import { type CountedActivity, countActivity } from './activity-counts.ts'
import { matchActivity } from './activity-matched.ts'
import { chooseInterval, widthMs } from './buckets.ts'
import {
  coverageOf,
  enoughCoverage,
  type Listening,
  provenance,
  readListening,
} from './coverage.ts'
import { readSelection, type Selection } from './filters.ts'
import { readWholeEdges } from './grains.ts'
import { bucketCoverage, heardIn, nullWhereUnheard } from './heard.ts'
import { type Range, readRange, readZone } from './period.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { grainMs } from './slices.ts'

/** Distinct counts of many hours cost more than sums of them: five days by hour, fifteen by three hours, then days. */
const choice = { among: activityIntervals, mostAutomatic: 120 }

export const activityQuestion = defineQuestion(activeAccounts, async (query, context) => {
  const tz = readZone(query.tz)
  const asked = readRange(query, context.nowMs)
  const interval = chooseInterval(query.interval, asked, choice)
  const { edges, before } = await findEdges(asked, { interval, tz }, context)
  const range: Range = { fromMs: edges[before] ?? asked.fromMs, toMs: edges.at(-1) ?? asked.toMs }
  const [selection, listening] = await Promise.all([
    readSelection(query, context),
    readListening({ fromMs: edges[0] ?? range.fromMs, toMs: range.toMs }, context),
  ])
  const asOfMs = (listening.asOfUs ?? 0) / 1000
  // Buckets after the newest event say nothing yet: zero would be a claim.
  const known = edges.filter((edgeMs, index) => (edges[index - 1] ?? edgeMs) <= asOfMs)
  const activity = await findActivity(known, { before, selection, listening }, context)
  const starts = known.slice(before, -1)
  const open = starts.length > 0 && (known.at(-1) ?? 0) > asOfMs
  const { scannedFromMs } = activity
  return {
    ...provenance(
      listening,
      range,
      selection ? (scannedFromMs > range.fromMs ? 'sample' : 'posts') : 'counts',
      coverageOf(listening, range, Math.max(scannedFromMs, range.fromMs)),
    ),
    interval,
    tz,
    starts: starts.map((edgeMs) => edgeMs / 1000),
    accounts: nullWhereUnheard(
      starts.map((_, index) => activity.accounts[before + index] ?? 0),
      heardIn(listening, known.slice(before), scannedFromMs),
    ),
    previous: starts.map((_, index) => {
      // A running bucket is no match for a whole one.
      const running = open && index === starts.length - 1
      const bucket = { fromMs: known[index] ?? 0, toMs: known[index + 1] ?? 0 }
      const told = isCovered(listening, bucket, scannedFromMs)
      return running || !told ? null : (activity.accounts[index] ?? null)
    }),
    estimated: activity.estimated,
    open,
  }
})

/**
 * Edges (ms) of the buckets of a range and of as many before them as the range is long, all of whole UTC hours, because
 * activity is kept by these.
 *
 * @returns `before`: how many of the buckets come before the range
 */
async function findEdges(
  asked: Range,
  { interval, tz }: { interval: Interval; tz: string },
  context: ReadContext,
): Promise<{ edges: readonly number[]; before: number }> {
  const width = widthMs(interval)
  const before = Math.max(1, Math.round((asked.toMs - asked.fromMs) / width))
  // Two days more than asked for: buckets that follow the clock may be longer.
  const wide = { fromMs: asked.fromMs - before * width - 2 * grainMs.day, toMs: asked.toMs }
  const edges = await readWholeEdges(wide, { interval, tz, wholeMs: grainMs.hour }, context)
  const first = edges.findLastIndex((edgeMs) => edgeMs <= asked.fromMs)
  const last = edges.findIndex((edgeMs) => edgeMs >= asked.toMs)
  return { edges: edges.slice(first - before, last + 1), before }
}

type Activity = CountedActivity & { readonly scannedFromMs: number }

/** Accounts by bucket of some edges. What comes before the range and was not received is not looked at. */
async function findActivity(
  edges: readonly number[],
  asked: { before: number; selection: Selection | null; listening: Listening },
  context: ReadContext,
): Promise<Activity> {
  const { before, selection, listening } = asked
  if (edges.length <= before + 1) {
    return { accounts: [], estimated: false, scannedFromMs: edges[0] ?? 0 }
  }
  if (selection) {
    return { ...(await matchActivity(edges, selection, context)), estimated: false }
  }
  const buckets = edges
    .slice(0, -1)
    .map((fromMs, index) => ({ fromMs, toMs: edges[index + 1] ?? fromMs, index }))
    .filter((bucket) => bucket.index >= before || isCovered(listening, bucket))
  const { accounts, estimated } = await countActivity(buckets, context)
  const byIndex = new Map(buckets.map(({ index }, place) => [index, accounts[place] ?? 0]))
  return {
    accounts: edges.slice(0, -1).map((_, index) => byIndex.get(index) ?? 0),
    estimated,
    scannedFromMs: edges[0] ?? 0,
  }
}

function isCovered(listening: Listening, bucket: Range, scannedFromMs = bucket.fromMs): boolean {
  return bucketCoverage(listening, bucket, scannedFromMs).ratio >= enoughCoverage
}
