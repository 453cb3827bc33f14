import type { GapReason, Wire } from '../../event/frame.ts'
import type { Resume } from './resume.ts'

export interface GuardTolerances {
  /** How much later than asked the first event may be before events count as lost, µs. */
  readonly lateUs: number
  /** How much earlier than the stored time the event of a stored number may be, µs: a stored time may be a later event's. */
  readonly earlyUs: number
  /** Younger cursors are never clamped by a host in its usual setting, µs; it decides where few accounts are wanted. */
  readonly retentionUs: number
}

export const defaultTolerances: GuardTolerances = {
  lateUs: 60_000_000,
  earlyUs: 3_600_000_000,
  retentionUs: 24 * 3_600_000_000,
}

export interface FirstEvent {
  readonly seq: number | null
  readonly timeUs: number
}

/** What the first event of a connection says about the cursor that was asked for. */
export type Verdict =
  | { readonly kind: 'continues' }
  /** The host started later than asked, without a word: what lies between is lost (there). */
  | {
      readonly kind: 'gap'
      readonly reason: GapReason
      readonly fromUs: number
      readonly toUs: number
    }
  /** The host started earlier than asked, which only costs time: it begins at its active segment. */
  | { readonly kind: 'rewound'; readonly byUs: number }
  /** The place asked for is not there: continue by time, which shows what is missing. `reason` is the likeliest. */
  | { readonly kind: 'reset'; readonly reason: GapReason }

export interface GuardContext {
  readonly wire: Wire
  readonly narrow: boolean
  readonly nowUs: number
  readonly tolerances: GuardTolerances
}

/**
 * Judges the first event against the cursor. No host reports a cursor from the future (it starts at the tip), and v1
 * does not report one that is too old (it starts at the oldest event): the first event is all there is to go by. Pure.
 */
export function judgeFirstEvent(resume: Resume, first: FirstEvent, context: GuardContext): Verdict {
  const { lateUs } = context.tolerances
  if (resume.last && !isRepeatOf(resume.last, first, context)) {
    const clamped = context.wire === 'v1' && first.timeUs - resume.last.timeUs > lateUs
    return { kind: 'reset', reason: clamped ? 'cursor-clamped' : 'host-reset' }
  }
  const { fromUs, gap } = resume
  if (fromUs !== null && gap && isLost(fromUs, gap, first, context)) {
    return { kind: 'gap', reason: gap.reason, fromUs, toUs: first.timeUs }
  }
  const byUs = resume.by === 'time' ? (resume.cursor ?? 0) - first.timeUs : 0
  return byUs > lateUs ? { kind: 'rewound', byUs } : { kind: 'continues' }
}

/**
 * Whether this is the event of the cursor, which an honest host repeats first. It is not when the host was rebuilt,
 * became a legacy host, or crashed: hosts hand out numbers before they are durable, and give the lost ones again to
 * whatever comes then, at a later time. (It is not either when the event was compacted away or the filter changed;
 * continuing by time costs a replay then, and nothing else.)
 */
function isRepeatOf(
  last: NonNullable<Resume['last']>,
  first: FirstEvent,
  { tolerances }: GuardContext,
): boolean {
  const laterUs = first.timeUs - last.timeUs
  return first.seq === last.seq && laterUs <= 0 && laterUs >= -tolerances.earlyUs
}

function isLost(
  fromUs: number,
  gap: NonNullable<Resume['gap']>,
  first: FirstEvent,
  { wire, narrow, nowUs, tolerances }: GuardContext,
): boolean {
  if (first.timeUs <= fromUs) return false
  if (gap.certain) return true
  if (first.timeUs - fromUs <= tolerances.lateUs) return false
  if (!narrow) return true
  // Of few accounts the next event may rightly come days later. v2 says when it moved a cursor; v1 does not.
  return wire === 'v1' && (gap.reason === 'host-reset' || nowUs - fromUs > tolerances.retentionUs)
}

/** Most frames in a row that may count as repeats: an inclusive cursor repeats one. */
const maxRepeats = 100

/**
 * Frames of one sequence that were received before. It starts at the cursor only where that was a sequence number of
 * the same sequence, never at one derived from a time.
 */
export class RepeatFilter {
  #lastSeq: number | null
  #inARow = 0

  constructor(lastSeq: number | null) {
    this.#lastSeq = lastSeq
  }

  /** `stuck` when so many repeats came in a row that the sequence cannot be the one they are compared with. */
  check(seq: number): 'new' | 'repeat' | 'stuck' {
    if (this.#lastSeq === null || seq > this.#lastSeq) {
      this.#lastSeq = seq
      this.#inARow = 0
      return 'new'
    }
    this.#inARow++
    return this.#inARow > maxRepeats ? 'stuck' : 'repeat'
  }
}
