import type { LedgerGap } from '#contract/coverage.ts'
import { formatDuration } from './format.ts'
import { clock, clockSeconds, dayAndTime, shortDay } from './zone.ts'

/** A gap as it is listed. */
export interface ListedGap {
  readonly id: number
  readonly when: string
  readonly length: string
  readonly why: string
  readonly source: string
  readonly state: GapState
  /** What becomes of it. */
  readonly outcome: string
}

export type GapState = 'going on' | 'open' | 'filled'

const remedies: Readonly<Record<LedgerGap['healable'], string>> = {
  resume: 'closes when the source goes on',
  'look-back': 'a host still has it: gaps heal',
  archive: 'the archive of a host has it: gaps heal',
  unknown: 'gaps heal asks whether a host still has it',
  no: 'nothing has it any more',
}

/** Gaps, those that are still open first, then the newest. */
export function listGaps(
  gaps: readonly LedgerGap[],
  { zone, nowMs }: { zone: string; nowMs: number },
): ListedGap[] {
  return [...gaps].sort(byUrgency).map((gap) => {
    const fromMs = Date.parse(gap.from)
    const toMs = gap.to === null ? null : Date.parse(gap.to)
    const filled = gap.closedAt !== null && gap.closedAt
    return {
      id: gap.id,
      when: stretchOf(fromMs, toMs, zone),
      length: formatDuration((toMs ?? nowMs) - fromMs),
      why: gap.explanation,
      source: gap.source,
      state: filled ? 'filled' : toMs === null ? 'going on' : 'open',
      outcome: filled ? dayAndTime(Date.parse(filled), zone) : remedies[gap.healable],
    }
  })
}

function byUrgency(a: LedgerGap, b: LedgerGap): number {
  const open = Number(a.closedAt !== null) - Number(b.closedAt !== null)
  return open || Date.parse(b.from) - Date.parse(a.from)
}

function stretchOf(fromMs: number, toMs: number | null, zone: string): string {
  if (toMs === null) return `since ${dayAndTime(fromMs, zone)}`
  if (shortDay(fromMs, zone) !== shortDay(toMs, zone)) {
    return `${dayAndTime(fromMs, zone)} – ${dayAndTime(toMs, zone)}`
  }
  // To the minute, a gap of seconds would have no length.
  const tell = toMs - fromMs < 120_000 ? clockSeconds : clock
  return `${shortDay(fromMs, zone)}, ${tell(fromMs, zone)}–${tell(toMs, zone)}`
}
