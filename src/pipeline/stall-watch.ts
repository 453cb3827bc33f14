/**
 * Stall watch: notes in the ledger when nothing new is stored though it should be, and that it was made up for.
 *
 * Judges by the stored position alone, so that it does not matter where things got stuck. A gap is opened where the position
 * stands still, gets its end when it moves on, and is closed when it has passed that end: everything in between came again
 * then, or the source itself has told of a gap, which stays. What a run leaves open, the next one closes.
 */
import { setTimeout } from 'node:timers/promises'
import type { Pool } from '../db/pool.ts'
import { isStallReason, type StallReason } from '../event/ledger-reasons.ts'
import { formatTimeUs } from '../event/time.ts'
import type { SourceStatus } from '../source/source.ts'
import { closeGap, endGap, type GapRow, listStalls, openGap } from '../store/gaps.ts'
import {
  readStoredPosition,
  readUsualSpacingMs,
  type StoredPosition,
} from '../store/stored-sources.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface StallTimings {
  /** How long the position may stand still, ms. */
  readonly stallMs: number
  /** Time between two looks, ms. */
  readonly lookMs: number
}

/** A gap is in the ledger within a minute; no recording of the whole network had 10 s without an event. */
const defaultStallTimings: StallTimings = { stallMs: 40_000, lookMs: 5_000 }

/**
 * Why a position that stands still should move; `usual` where it should as often as it usually does, `quiet` where it need
 * not, `ended` where nobody reads any more.
 */
export type Expectation = StallReason | 'usual' | 'quiet' | 'ended'

/** A network of some accounts has pauses. So many times the usual time between two events is none of them. */
const usualTimes = 30

export interface StallWatchOptions {
  /** A connection of its own: those that store may be what is stuck. */
  readonly db: Pool
  /** Name under which the position is kept. */
  readonly source: string
  readonly expect: (stored: StoredPosition) => Expectation
  readonly timings?: Partial<StallTimings> | undefined
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Told at each look since when nothing is stored, ms since 1970, where that is too long; else null. */
  readonly onLook?: (stalledSinceMs: number | null) => void
}

/** Watches until the signal aborts. A database that is away is no stall: then nobody can store, and nothing can be noted. */
export async function watchStalls(options: StallWatchOptions): Promise<void> {
  const { signal, logger } = options
  const timings = { ...defaultStallTimings, ...options.timings }
  let known: Known | null = null
  let away = false
  while (!signal.aborted) {
    try {
      known = await look(options, timings, known)
      away = false
    } catch (error) {
      known = null
      if (!away && !signal.aborted) logger.debug({ error }, 'the ledger of gaps cannot be kept now')
      away = true
    }
    await setTimeout(timings.lookMs, undefined, { signal, ref: false }).catch(() => undefined) // aborted: the loop ends
  }
}

/** Where the position was when it moved last, and when that was seen. */
interface Known {
  readonly mark: string
  readonly sinceMs: number
}

async function look(
  options: StallWatchOptions,
  { stallMs }: StallTimings,
  known: Known | null,
): Promise<Known | null> {
  const { db, source } = options
  const stored = await readStoredPosition(db, source)
  if (!stored) return null
  const nowMs = Date.now()
  const still = known?.mark === stored.mark ? known : { mark: stored.mark, sinceMs: nowMs }
  const expected = options.expect(stored)
  const stalled = await judge(options, {
    stored,
    expected,
    stillMs: nowMs - still.sinceMs,
    stallMs,
  })
  if (stalled) await begin(options, stored, stalled)
  options.onLook?.(stalled ? still.sinceMs : null)
  for (const gap of await listStalls(db, source)) {
    await goOn(options, gap, { stored, expected, nowMs, stallMs })
  }
  return still
}

/** Why a position that has stood still for so long is stalled, or null where it is not. */
async function judge(
  { db, source }: StallWatchOptions,
  {
    stored,
    expected,
    stillMs,
    stallMs,
  }: { stored: StoredPosition; expected: Expectation; stillMs: number; stallMs: number },
): Promise<StallReason | null> {
  if (stillMs < stallMs) return null
  if (isStallReason(expected)) return expected
  if (expected !== 'usual') return null
  const usualMs = await readUsualSpacingMs(db, source, stored.timeUs)
  return usualMs !== null && stillMs >= usualMs * usualTimes ? 'stalled' : null
}

async function begin(
  { db, source, logger }: StallWatchOptions,
  { host, timeUs }: StoredPosition,
  reason: StallReason,
): Promise<void> {
  const id = await openGap(db, { source, host, fromUs: timeUs, reason })
  if (id === null) return
  logger.warn({ gap: id, source, since: formatTimeUs(timeUs), reason }, 'nothing new is stored')
}

interface Look {
  readonly stored: StoredPosition
  readonly expected: Expectation
  readonly nowMs: number
  readonly stallMs: number
}

/** Gives an open gap its end once the source goes on, and closes it once what is stored has reached that end. */
async function goOn(
  { db, source, logger }: StallWatchOptions,
  gap: GapRow,
  { stored, expected, nowMs, stallMs }: Look,
): Promise<void> {
  const nowUs = nowMs * 1_000
  const quiet = expected === 'quiet'
  if (gap.toUs === null) {
    if (stored.timeUs > gap.fromUs || quiet) await endGap(db, gap.id, nowUs)
    return
  }
  // From a source that is rightly quiet nothing may come for days that would show that it has passed the end.
  const passed = stored.timeUs >= gap.toUs || (quiet && nowUs - gap.toUs >= stallMs * 1_000)
  if (!passed || !(await closeGap(db, gap.id, source))) return
  const [from, to] = [formatTimeUs(gap.fromUs), formatTimeUs(gap.toUs)]
  logger.info({ gap: gap.id, source, from, to }, 'the source has made up for a gap')
}

/**
 * What is to be expected of a source that this process reads.
 *
 * @param narrow only a part of the network is asked for: nothing may rightly come for hours
 */
export function expectFrom(
  status: SourceStatus,
  stored: Pick<StoredPosition, 'timeUs'>,
  narrow: boolean,
): Expectation {
  if (status.state === 'ended') return 'ended'
  // What was handed on has to be stored, whatever it came from.
  if (status.lastTimeUs !== null && status.lastTimeUs > stored.timeUs) return 'stalled'
  if (status.kind !== 'jetstream') return 'quiet'
  if (status.connectedMs === null) return 'disconnected'
  return narrow ? 'quiet' : 'usual'
}

/**
 * The status of a source that gives nothing although its connection is open, told as what it is: no better than a source
 * that is behind.
 */
export function statusWhenStalled(
  status: SourceStatus,
  stalledSinceMs: number | null,
): SourceStatus {
  if (stalledSinceMs === null || status.state !== 'live') return status
  const time = new Date(stalledSinceMs).toISOString().slice(11, 19)
  return {
    ...status,
    state: 'catching-up',
    detail: `Connected to ${status.host}, but nothing was stored since ${time} UTC.`,
  }
}
