import type { Pool } from '../db/pool.ts'
import { isStallReason, silenceReason } from '../event/ledger-reasons.ts'
import { coverageOf, type Listening, readListening } from '../read/coverage.ts'
import { closeGap, type GapRow, listGaps } from '../store/gaps.ts'

const mostAtOnce = 10_000

/**
 * Closes the gaps that other sources have filled: a recording that was replayed, a second host, a backfill. Those that go on,
 * and those of one collection, are left. Returns those that were closed.
 */
export async function closeCoveredGaps(db: Pool): Promise<GapRow[]> {
  const open = await listGaps(db, { limit: mostAtOnce })
  const closed: GapRow[] = []
  for (const gap of open) {
    if (gap.toUs === null || gap.reason === silenceReason || isStallReason(gap.reason)) continue
    const by = await coveredBy(db, gap.fromUs, gap.toUs)
    if (by !== null && (await closeGap(db, gap.id, by))) closed.push(gap)
  }
  return closed
}

/** Whether all of a stretch of network time (µs) was received from some source. */
export async function isCovered(db: Pool, fromUs: number, toUs: number): Promise<boolean> {
  return (await coveredBy(db, fromUs, toUs)) !== null
}

async function coveredBy(db: Pool, fromUs: number, toUs: number): Promise<string | null> {
  // Whole milliseconds within it: with fractions the last microsecond would be lost in rounding.
  const fromMs = Math.ceil(fromUs / 1_000)
  const range = { fromMs, toMs: Math.max(fromMs + 1, Math.floor(toUs / 1_000)) }
  const listening = await readListening(range, { db })
  if (coverageOf(listening, range).ratio < 1) return null
  return nameOf(listening, fromUs, toUs)
}

function nameOf({ stretches, gaps }: Listening, fromUs: number, toUs: number): string {
  const alone = stretches.find(
    (one) =>
      one.fromUs <= fromUs &&
      one.toUs >= toUs &&
      !gaps.some((gap) => gap.source === one.source && gap.fromUs < toUs && gap.toUs > fromUs),
  )
  return alone?.source ?? 'several sources'
}
