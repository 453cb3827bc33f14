import type { Healable } from '../contract/coverage.ts'

/** What is known of a gap that decides what can be done about it. */
export interface KnownGap {
  readonly host: string
  /** Wire over which its source was read last. */
  readonly wire: string
  readonly fromUs: number
  readonly toUs: number | null
  readonly reason: string
  readonly detail: string | null
  readonly closedAt: Date | null
}

/** One clause for each reason: what happened. */
const words: Readonly<Record<string, string>> = {
  'collection-silent': 'no event of this collection came while others flowed',
  'cursor-clamped': 'the host began later than asked, and did not say so',
  'cursor-too-old': 'the host no longer had the events after the last stored one',
  disconnected: 'there was no connection to the source',
  'host-reset': 'the host was rebuilt or lost its newest events',
  'log-expired': 'Kafka threw events away, by age, before they were stored',
  'not-recorded': 'nothing was listened to',
  offline: 'the synthetic network was off for longer than its history goes back',
  stalled: 'nothing new was stored although the source was connected',
}

/** What happened, one clause. A reason that this program does not know is told as it is. */
export function explainGap({ reason, detail }: Pick<KnownGap, 'reason' | 'detail'>): string {
  const text = words[reason] ?? reason
  return detail === null ? text : `${text}: ${detail}`
}

const hourUs = 3_600_000_000
/** What hosts keep in their usual setting: legacy ones a day, v2 hosts 36 hours. */
const lookBackUs = { v1: 24 * hourUs, v2: 36 * hourUs } as const

/** What can be done about a gap that is still open, as far as is known without asking anybody. */
export function healableBy(gap: KnownGap, nowMs: number): Healable {
  if (gap.closedAt !== null) return 'no'
  if (gap.toUs === null) return 'resume'
  if (!/^wss?:/.test(gap.host)) return gap.host === '' ? 'unknown' : 'no'
  const ageUs = nowMs * 1_000 - gap.fromUs
  if (ageUs < lookBackUs[gap.wire === 'v2' ? 'v2' : 'v1']) return 'look-back'
  return gap.wire === 'v2' ? 'archive' : 'unknown'
}

const advice = {
  resume: 'closes by itself when the source goes on',
  'look-back': 'gaps heal replays what the host still has',
  archive: 'gaps heal replays it from the archive of the host',
  unknown: 'gaps heal asks the hosts whether one still has it',
} as const satisfies Record<Exclude<Healable, 'no'>, string>

/** What can be done about a gap, one clause. */
export function adviseOnGap(gap: KnownGap, nowMs: number): string {
  const healable = healableBy(gap, nowMs)
  if (healable !== 'no') return advice[healable]
  return gap.closedAt === null ? 'nothing has it any more' : 'closed'
}
