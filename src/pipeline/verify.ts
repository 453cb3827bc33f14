import type { Coverage } from '../contract/common.ts'
import { openPool } from '../db/pool.ts'
import { coverageOf, readListening } from '../read/coverage.ts'
import type { DayRange } from '../store/recount/recount-range.ts'
import { type Found, findDifferences, type RecountNumbersOptions } from './recount.ts'

export interface Verified extends Found {
  /** Of what was listened to in the range; null where nothing was. */
  readonly coverage: VerifiedCoverage | null
}

export interface VerifiedCoverage extends Coverage {
  /** Network time, ms since 1970. */
  readonly fromMs: number
  readonly toMs: number
}

export type VerifyOptions = Omit<RecountNumbersOptions, 'dimensions'> & { readonly nowMs: number }

const dayMs = 86_400_000

/** Compares every stored number of a range with what rows say, and says how much of the range was received. */
export async function verifyNumbers(options: VerifyOptions): Promise<Verified> {
  const coverage = await readCoverage(options)
  return { ...(await findDifferences({ ...options, dimensions: null })), coverage }
}

async function readCoverage({
  url,
  range,
  nowMs,
  signal,
}: VerifyOptions): Promise<VerifiedCoverage | null> {
  await using db = openPool({
    url,
    max: 2,
    statementTimeoutMs: 60_000,
    applicationName: 'bluesky-analytics verify',
  })
  const asked = { fromMs: msOf(range.fromDay) ?? 0, toMs: msOf(range.toDay) ?? nowMs }
  const listening = await readListening(asked, { db, nowMs })
  signal.throwIfAborted()
  if (listening.asOfUs === null || listening.stretches.length === 0) return null
  const firstMs = Math.min(...listening.stretches.map(({ fromUs }) => fromUs)) / 1_000
  const fromMs = Math.max(asked.fromMs, Math.ceil(firstMs))
  const toMs = Math.min(asked.toMs, Math.floor(listening.asOfUs / 1_000))
  if (fromMs >= toMs) return null
  const { ratio, gaps } = coverageOf(listening, { fromMs, toMs })
  return { fromMs, toMs, ratio, gaps }
}

function msOf(day: DayRange['fromDay']): number | null {
  return day === null ? null : day * dayMs
}
