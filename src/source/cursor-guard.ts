import type { GapReason, Wire } from '../event/frame.ts'
import type { Resume } from './resume.ts'

export interface GuardTolerances {
  /** How much later than asked the first event may be before events count as lost, µs. */
  readonly lateUs: number
  /** How much earlier than the stored event a higher sequence number may be, µs: beyond, it is another sequence. */
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
  /** The sequence is not the one the cursor came from: the host was rebuilt, or its kind changed. */
  | { readonly kind: 'reset' }

export interface GuardContext {
  readonly wire: Wire
  readonly narrow: boolean
  readonly nowUs: number
  readonly tolerances: GuardTolerances
}

/**
 * Judges the first event against the cursor. No host reports a cursor from the future (it starts at the tip), and v1
 * does not report one that is too old (it starts at the oldest event): the first event is all there is to go by. An
 * honest host repeats the event of the cursor first. Pure.
 */
export function judgeFirstEvent(resume: Resume, first: FirstEvent, context: GuardContext): Verdict {
  if (resume.last && isOtherSequence(resume.last, first, context)) return { kind: 'reset' }
  const { fromUs, gap } = resume
  if (fromUs !== null && gap && isLost(fromUs, gap, first, context)) {
    return { kind: 'gap', reason: gap.reason, fromUs, toUs: first.timeUs }
  }
  const byUs = resume.by === 'time' ? (resume.cursor ?? 0) - first.timeUs : 0
  return byUs > context.tolerances.lateUs ? { kind: 'rewound', byUs } : { kind: 'continues' }
}

function isOtherSequence(
  last: NonNullable<Resume['last']>,
  first: FirstEvent,
  { wire, narrow, tolerances }: GuardContext,
): boolean {
  // A legacy host has no sequence and reads numbers as text; a host that restarted its count starts at the tip.
  if (first.seq === null || first.seq < last.seq) return true
  const laterUs = first.timeUs - last.timeUs
  if (first.seq === last.seq) return Math.abs(laterUs) > tolerances.lateUs
  if (laterUs < -tolerances.earlyUs) return true
  // v2 refuses a cursor that is too old, so a leap in time means that a rebuilt host has already passed the number.
  return wire === 'v2' && !narrow && laterUs > tolerances.lateUs
}

function isLost(
  fromUs: number,
  gap: NonNullable<Resume['gap']>,
  first: FirstEvent,
  { narrow, nowUs, tolerances }: GuardContext,
): boolean {
  if (first.timeUs <= fromUs) return false
  if (gap.certain) return true
  if (first.timeUs - fromUs <= tolerances.lateUs) return false
  const aged = nowUs - fromUs > tolerances.retentionUs
  return !narrow || aged || gap.reason === 'host-reset'
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
