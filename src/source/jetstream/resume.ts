import type { GapReason, Position } from '../../event/frame.ts'

/** From here on a host reads a cursor as µs since 1970, below as a sequence number. Same on both wires. */
const firstTimeCursor = 1e15

export interface ResumeMargins {
  /** Overlap asked of another host, whose clock and latency differ, µs. */
  readonly hostUs: number
  /** Overlap asked of the same legacy host, which may reorder events where replay meets live, µs. */
  readonly legacyUs: number
  /** With few accounts wanted: age of the newest event beyond which knowing how far one listened is the better cursor, µs. */
  readonly sparseUs: number
}

export const defaultMargins: ResumeMargins = {
  hostUs: 10_000_000,
  legacyUs: 5_000_000,
  sparseUs: 3_600_000_000,
}

/** The plain way to continue did not work; this is the way round. `gap` says why what lies between may be lost. */
export type Detour =
  /** `tries`: how often a floor was asked for in a row. */
  | { readonly by: 'floor'; readonly seq: number; readonly tries: number }
  | { readonly by: 'time'; readonly gap: GapReason }
  | { readonly by: 'tip'; readonly gap: GapReason }

export interface ResumeQuestion {
  /** Newest position handed on, by this run or an earlier one. */
  readonly position: Position | null
  /** Until when a connection that had reached the live tip was alive, µs; null where none had. */
  readonly knownThroughUs: number | null
  readonly host: string
  /** Only some accounts are wanted: silence says nothing. */
  readonly narrow: boolean
  readonly nowUs: number
  readonly detour: Detour | null
  readonly margins: ResumeMargins
}

/** How to continue on a host, and what its first event must be held against. */
export interface Resume {
  readonly by: 'tip' | 'seq' | 'time'
  /** What to ask for; null is the live tip. Hosts answer it inclusively. */
  readonly cursor: number | null
  /** Everything before this has been received, µs; null where nothing has. */
  readonly fromUs: number | null
  /** Newest frame, where the cursor is its number in the host's sequence: it and all before it are repeats. */
  readonly last: { readonly seq: number; readonly timeUs: number } | null
  /** What a late first event means, and whether events are lost for certain. Null: a late first event means nothing. */
  readonly gap: { readonly reason: GapReason; readonly certain: boolean } | null
}

/** Decides the cursor for the next connection. Pure. */
export function decideResume(question: ResumeQuestion): Resume {
  const { position, host, nowUs, detour, margins } = question
  const { knownThroughUs } = question
  // Below 1e15 a time would be read as a sequence number; a position like that was never one of Jetstream's.
  if (!position || !(position.timeUs >= firstTimeCursor)) {
    return knownThroughUs === null
      ? atTip(null, null)
      : atTime(knownThroughUs, margins.hostUs, null)
  }
  const listenedUs = Math.max(position.timeUs, knownThroughUs ?? 0)
  // A clock in the future would start at the live tip without a word, and skip everything until now.
  const fromUs = Math.min(question.narrow ? listenedUs : position.timeUs, nowUs)

  if (detour?.by === 'tip') return atTip(fromUs, { reason: detour.gap, certain: true })
  if (detour?.by === 'floor') {
    const gap = { reason: 'cursor-too-old', certain: true } as const
    return { by: 'seq', cursor: detour.seq, fromUs, last: null, gap }
  }
  if (detour?.by === 'time') {
    const certain = detour.gap === 'cursor-too-old'
    return atTime(fromUs, margins.hostUs, { reason: detour.gap, certain })
  }
  if (position.host !== host) return atTime(fromUs, margins.hostUs, clampSuspected)
  if (question.narrow && fromUs - position.timeUs > margins.sparseUs) {
    // The next event of so few accounts may rightly come days later.
    return atTime(fromUs, margins.hostUs, null)
  }
  if (position.seq !== null && position.seq >= 1 && position.seq < firstTimeCursor) {
    const last = { seq: position.seq, timeUs: position.timeUs }
    return { by: 'seq', cursor: position.seq, fromUs, last, gap: clampSuspected }
  }
  return atTime(fromUs, margins.legacyUs, clampSuspected)
}

const clampSuspected = { reason: 'cursor-clamped', certain: false } as const

function atTip(fromUs: number | null, gap: Resume['gap']): Resume {
  return { by: 'tip', cursor: null, fromUs, last: null, gap }
}

function atTime(fromUs: number, marginUs: number, gap: Resume['gap']): Resume {
  const cursor = Math.max(firstTimeCursor, Math.floor(fromUs - marginUs))
  return { by: 'time', cursor, fromUs, last: null, gap }
}
