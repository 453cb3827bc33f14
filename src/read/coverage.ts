import type { Coverage, Provenance } from '../contract/common.ts'
import { sql } from '../db/sql.ts'
import { isStallReason, silenceReason } from '../event/ledger-reasons.ts'
import { formatTimeUs, type TimeUs } from '../event/time.ts'
import type { Range } from './period.ts'
import type { ReadContext } from './question.ts'
import { isSynthetic } from './sources.ts'

/** What was listened to, by source, and what is known to be missing of it. */
export interface Listening {
  /** Network time up to which a source is stored, µs, or null before the first event. */
  readonly asOfUs: TimeUs | null
  readonly synthetic: boolean
  readonly stretches: readonly Stretch[]
  /** What is missing and not filled. */
  readonly gaps: readonly MissingStretch[]
}

interface MissingStretch extends Stretch {
  readonly reason: string
}

interface Stretch {
  readonly source: string
  readonly fromUs: TimeUs
  readonly toUs: TimeUs
}

/** A source with its log partitions together: complete up to where the slowest of them is. */
interface Listened extends Stretch {
  /** The same of those partitions that have begun. */
  readonly begunToUs: TimeUs
  readonly synthetic: boolean
  /** False for a source that was asked for some accounts only: it covers no time. */
  readonly complete: boolean
}

/** Coverage of a range, with the part that was received in ms. */
export interface Covered extends Coverage {
  readonly receivedMs: number
}

/** A window with less coverage than this is not compared with. */
export const enoughCoverage = 0.99

const maxGapsListed = 50
const notRecorded = 'not-recorded'

/** Positions of all sources, and the open gaps that touch a range; a gap that goes on reaches up to now. */
export async function readListening(
  range: Range,
  { db, nowMs = Date.now() }: Pick<ReadContext, 'db'> & Partial<Pick<ReadContext, 'nowMs'>>,
): Promise<Listening> {
  const [listened, gaps] = await Promise.all([
    db.query<Listened>(sql`
      select
        source,
        coalesce(min(nullif(first_time_us, 0)), 0) as "fromUs",
        min(time_us) as "toUs",
        coalesce(min(nullif(time_us, 0)), 0) as "begunToUs",
        ${isSynthetic} as "synthetic",
        bool_and(complete) as "complete"
      from position
      group by source`),
    db.query<MissingStretch>(sql`
      select source, from_us as "fromUs", coalesce(to_us, ${nowMs * 1000}::bigint) as "toUs", reason
      from gap
      where closed_at is null
        and reason <> ${silenceReason}
        and from_us < ${range.toMs * 1000}
        and (to_us is null or to_us > ${range.fromMs * 1000})
      order by from_us`),
  ])
  const storedUs = new Map(listened.map(({ source, begunToUs }) => [source, begunToUs]))
  return {
    asOfUs: Math.max(0, ...listened.map(({ begunToUs }) => begunToUs)) || null,
    synthetic: listened.some(({ synthetic }) => synthetic),
    // A part that has read nothing may hold back anything: then nothing of its source is known to be complete.
    stretches: listened.filter(
      ({ fromUs, toUs, complete }) => complete && fromUs > 0 && toUs > fromUs,
    ),
    gaps: gaps
      .map((gap) => whatIsLeft(gap, storedUs.get(gap.source) ?? 0))
      .filter(({ fromUs, toUs }) => fromUs < toUs),
  }
}

/** A source that goes on after a stall makes up for it in order: what is stored by now is not missing any more. */
export function whatIsLeft<Gap extends { readonly fromUs: TimeUs; readonly reason: string }>(
  gap: Gap,
  storedUs: TimeUs,
): Gap {
  return isStallReason(gap.reason) ? { ...gap, fromUs: Math.max(gap.fromUs, storedUs) } : gap
}

/**
 * Which part of a range, up to the newest stored event or the end of what is known to be missing behind it, was received from
 * at least one source. Where nothing of the range has happened yet, nothing was received: the ratio is 0.
 *
 * @param scannedFromMs where a bounded scan began; what lies before it counts as missing
 */
export function coverageOf(
  listening: Listening,
  range: Range,
  scannedFromMs: number = range.fromMs,
): Covered {
  const fromUs = range.fromMs * 1000
  const toUs = Math.min(range.toMs * 1000, knownToUs(listening))
  if (toUs <= fromUs) return { ratio: 0, gaps: [], receivedMs: 0 }
  const skipped = { fromUs, toUs: scannedFromMs * 1000, reason: 'not-scanned' }
  const received = listening.stretches.flatMap((stretch) =>
    subtract(
      [stretch],
      [skipped, ...listening.gaps.filter(({ source }) => source === stretch.source)],
    ),
  )
  const missing = subtract([{ fromUs, toUs }], received)
  const missingUs = missing.reduce((sum, part) => sum + part.toUs - part.fromUs, 0)
  const reasons = [skipped, ...listening.gaps]
  const named = mergeSame(missing.flatMap((part) => nameReasons(part, reasons)))
  return {
    // Rounded down: almost complete is not complete.
    ratio: Math.floor((1 - missingUs / (toUs - fromUs)) * 1e6) / 1e6,
    gaps: longest(named).map((part) => ({
      from: formatTimeUs(part.fromUs),
      to: formatTimeUs(part.toUs),
      reason: part.reason,
    })),
    receivedMs: (toUs - fromUs - missingUs) / 1000,
  }
}

/** Up to when it is known what was received and what was not. */
function knownToUs({ asOfUs, gaps }: Listening): TimeUs {
  const behind = gaps.filter(({ fromUs }) => fromUs >= (asOfUs ?? 0))
  return Math.max(asOfUs ?? 0, ...behind.map(({ toUs }) => toUs))
}

/** What every analytic answer says about itself. */
export function provenance(
  listening: Listening,
  range: Range,
  counted: Provenance['counted'],
  covered: Coverage = coverageOf(listening, range),
): Provenance {
  return {
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    asOf: listening.asOfUs === null ? null : formatTimeUs(listening.asOfUs),
    counted,
    coverage: { ratio: covered.ratio, gaps: covered.gaps },
    synthetic: listening.synthetic,
  }
}

interface Part {
  readonly fromUs: TimeUs
  readonly toUs: TimeUs
}

function subtract(parts: readonly Part[], holes: readonly Part[]): Part[] {
  const sorted = [...holes].sort((a, b) => a.fromUs - b.fromUs)
  return parts.flatMap((part) => {
    const left: Part[] = []
    let fromUs = part.fromUs
    for (const hole of sorted) {
      if (hole.toUs <= fromUs) continue
      if (hole.fromUs >= part.toUs) break
      if (hole.fromUs > fromUs) left.push({ fromUs, toUs: hole.fromUs })
      fromUs = hole.toUs
    }
    if (fromUs < part.toUs) left.push({ fromUs, toUs: part.toUs })
    return left
  })
}

interface NamedPart extends Part {
  readonly reason: string
}

function nameReasons(part: Part, gaps: readonly NamedPart[]): NamedPart[] {
  const named: NamedPart[] = []
  let fromUs = part.fromUs
  for (const gap of gaps) {
    const start = Math.max(fromUs, gap.fromUs)
    const end = Math.min(part.toUs, gap.toUs)
    if (end <= start) continue
    if (start > fromUs) named.push({ fromUs, toUs: start, reason: notRecorded })
    named.push({ fromUs: start, toUs: end, reason: gap.reason })
    fromUs = end
  }
  if (fromUs < part.toUs) named.push({ fromUs, toUs: part.toUs, reason: notRecorded })
  return named
}

function mergeSame(parts: readonly NamedPart[]): NamedPart[] {
  const merged: NamedPart[] = []
  for (const part of parts) {
    const last = merged.at(-1)
    if (last?.toUs === part.fromUs && last.reason === part.reason) {
      merged[merged.length - 1] = { ...last, toUs: part.toUs }
    } else merged.push(part)
  }
  return merged
}

function longest(parts: readonly NamedPart[]): NamedPart[] {
  return [...parts]
    .sort((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs))
    .slice(0, maxGapsListed)
    .sort((a, b) => a.fromUs - b.fromUs)
}
