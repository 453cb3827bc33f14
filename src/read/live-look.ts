import type { LiveCounters } from '../contract/live.ts'
import type { Post } from '../contract/posts.ts'
import { formatTimeUs, type TimeUs } from '../event/time.ts'
import { readSnapshot, type Snapshot, sumDays } from './live-counts.ts'
import { readStored } from './live-posts.ts'
import { createRateMeter, type Rates } from './live-rate.ts'
import { judge } from './live-state.ts'
import type { ReadContext } from './question.ts'

/** What one look at the database found. */
export interface LiveTick {
  readonly resume: string | null
  readonly asOfUs: TimeUs | null
  readonly counters: LiveCounters
  /** Newest first, at most 200. */
  readonly posts: readonly Post[]
  readonly seen: number
}

/** Enough for filters to find something among them; live traffic has about 50 a second. */
const mostPosts = 200
const dayMs = 86_400_000
/** Days before yesterday change only by replays and deletes. */
const oldDaysKeptMs = 60_000
const lagWindowMs = 30_000
const noPosts = { posts: [], seen: 0 } as const

/** A look remembers the one before; the first one of a series sees no posts as new. */
export function createLiveLook(): (context: ReadContext) => Promise<LiveTick> {
  const meter = createRateMeter()
  const total = createTotal()
  const progress = createProgress()
  let last: { snapshot: Snapshot; rates: Rates; eventsTotal: number } | null = null

  return async (context) => {
    let trouble: string | null = null
    let stored: { posts: readonly Post[]; seen: number } = noPosts
    try {
      const snapshot = await readSnapshot(meter.since(), context)
      const afterUs = last?.snapshot.asOfUs ?? null
      const { asOfUs, asOfMs, minutes } = snapshot
      const rates =
        asOfMs === null
          ? { eventsPerSecond: 0, postsPerSecond: 0 }
          : meter.add({ wallMs: context.nowMs, asOfMs, minutes })
      if (asOfUs !== null && afterUs !== null && asOfUs > afterUs) {
        stored = await readStored({ afterUs, throughUs: asOfUs }, mostPosts, null, context)
      }
      last = { snapshot, rates, eventsTotal: await total(asOfMs ?? context.nowMs, context) }
    } catch (error) {
      trouble = error instanceof Error ? error.message : 'the database does not answer'
    }
    const { asOfMs = null, asOfUs = null, synthetic = false } = last?.snapshot ?? {}
    const health = await context.process.health()
    const { stillMs, lagGrowthMs } = progress(context.nowMs, asOfMs)
    const judgement = judge({
      health,
      databaseTrouble: trouble,
      nowMs: context.nowMs,
      asOfMs,
      stillMs,
      lagGrowthMs,
    })
    return {
      resume: asOfUs === null ? null : asOfUs.toString(36),
      asOfUs,
      ...stored,
      counters: {
        now: new Date(context.nowMs).toISOString(),
        asOf: asOfUs === null ? null : formatTimeUs(asOfUs),
        lagMs: asOfMs === null ? null : Math.max(0, context.nowMs - asOfMs),
        eventsPerSecond: trouble === null ? (last?.rates.eventsPerSecond ?? 0) : 0,
        postsPerSecond: trouble === null ? (last?.rates.postsPerSecond ?? 0) : 0,
        eventsTotal: last?.eventsTotal ?? 0,
        synthetic: synthetic || health.source === 'synthetic',
        ...judgement,
      },
    }
  }
}

/** Sum of all events: the days before yesterday are added up once a minute, the newest two each time. */
function createTotal(): (nowMs: number, context: ReadContext) => Promise<number> {
  let old: { readonly dayMs: number; readonly readMs: number; readonly n: number } | null = null
  return async (nowMs, context) => {
    const yesterdayMs = (Math.floor(nowMs / dayMs) - 1) * dayMs
    if (old?.dayMs !== yesterdayMs || context.nowMs - old.readMs > oldDaysKeptMs) {
      const n = await sumDays(yesterdayMs, 'before', context)
      old = { dayMs: yesterdayMs, readMs: context.nowMs, n }
    }
    return old.n + (await sumDays(yesterdayMs, 'since', context))
  }
}

/** How long the newest event stayed the newest, and how the lag grew. */
function createProgress(): (
  nowMs: number,
  asOfMs: number | null,
) => { stillMs: number; lagGrowthMs: number } {
  let newest: number | null = null
  let movedMs: number | null = null
  let lags: { readonly wallMs: number; readonly lagMs: number }[] = []
  return (nowMs, asOfMs) => {
    if (movedMs === null || asOfMs !== newest) movedMs = nowMs
    newest = asOfMs
    const stillMs = nowMs - movedMs
    if (asOfMs === null) return { stillMs, lagGrowthMs: 0 }
    const lagMs = nowMs - asOfMs
    lags = [...lags.filter(({ wallMs }) => nowMs - wallMs <= lagWindowMs), { wallMs: nowMs, lagMs }]
    const [oldest] = lags
    const long = oldest !== undefined && nowMs - oldest.wallMs >= (lagWindowMs * 2) / 3
    return { stillMs, lagGrowthMs: long ? lagMs - oldest.lagMs : 0 }
  }
}
