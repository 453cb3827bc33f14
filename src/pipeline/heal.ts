/**
 * Heal: gaps of the network filled with what a host still has.
 *
 * For each gap asks the configured hosts in turn: first what they keep for a day or more, over the socket and by time, then
 * their archive. What comes is stored as everything else is, so that numbers are those of a run without the gap; a gap of
 * which only the later part is to be had shrinks to what is left. Stopped half-way, it goes on where it was.
 */
import { openPool, type Pool } from '../db/pool.ts'
import { isStallReason, silenceReason } from '../event/ledger-reasons.ts'
import { readJetstreamUrl } from '../source/jetstream/jetstream-url.ts'
import { closeGap, forgetHealed, type GapRow, listGaps, shrinkGap } from '../store/gaps.ts'
import { readFirstKeptDay } from '../store/stored-sources.ts'
import { closeCoveredGaps, isCovered } from './close-covered.ts'
import { type Filled, type FillOptions, fillFromArchive, fillFromSocket } from './fill-gap.ts'

export interface HealOptions extends Omit<FillOptions, 'db' | 'host' | 'onProgress'> {
  /** Addresses of hosts in order of preference; that of the gap comes first. */
  readonly hosts: readonly string[]
  /** Null for all that are open. */
  readonly ids: readonly number[] | null
  readonly onBegin?: (gap: GapRow) => void
  readonly onProgress?: (gap: GapRow, timeUs: number | null, detail: string) => void
  readonly onEnd?: (healed: Healed) => void
}

export interface Healed {
  readonly gap: GapRow
  /**
   * `filled`, also by what another source has received; `shrunk` to what no host has; `left` as it was; `skipped`: there is
   * nothing to do; `interrupted`.
   */
  readonly outcome: 'filled' | 'shrunk' | 'left' | 'skipped' | 'interrupted'
  /** What was found, one sentence without its stop. */
  readonly detail: string
  readonly stored: number
  /** End of what is left of it, network time in µs; null where nothing is. */
  readonly leftToUs: number | null
}

const mostAtOnce = 1_000

interface Options extends HealOptions {
  readonly db: Pool
  /** Where the rows begin that were not dropped. */
  readonly keptFrom: { readonly us: number; readonly day: string }
}

/** Throws `AppError` of kind DATABASE_…. A host that refuses or cannot be reached is told in the outcome. */
export async function healGaps(options: HealOptions): Promise<Healed[]> {
  const { databaseUrl, ids, signal, onBegin, onEnd } = options
  await using db = openPool({
    url: databaseUrl,
    max: 1,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics heal',
  })
  const healed: Healed[] = []
  const tell = (one: Healed) => {
    healed.push(one)
    onEnd?.(one)
  }
  for (const gap of await closeCoveredGaps(db)) {
    if (ids && !ids.includes(gap.id)) continue
    const detail = 'another source has received it'
    tell({ gap, outcome: 'filled', detail, stored: 0, leftToUs: null })
  }
  await forgetHealed(db)
  const day = (await readFirstKeptDay(db)) ?? '1970-01-01'
  const keptFrom = { day, us: Date.parse(day) * 1_000 }
  const done = new Set(healed.map(({ gap }) => gap.id))
  const wanted = { ...(ids && { ids }), closed: ids !== null, limit: mostAtOnce }
  for (const gap of await listGaps(db, wanted)) {
    if (signal.aborted) break
    if (done.has(gap.id)) continue
    onBegin?.(gap)
    tell(await healOne(gap, { ...options, db, keptFrom }))
  }
  return healed
}

async function healOne(gap: GapRow, options: Options): Promise<Healed> {
  const { db, keptFrom, signal } = options
  const still = (outcome: Healed['outcome'], detail: string, stored = 0): Healed => {
    return { gap, outcome, detail, stored, leftToUs: gap.toUs }
  }
  const { toUs } = gap
  if (toUs === null) return still('skipped', 'it goes on, and closes when the source has gone on')
  if (options.ids === null && isStallReason(gap.reason)) {
    return still('skipped', 'its source makes up for it')
  }
  // A silence is closed when the collection is heard again; what a host left out meanwhile, another may have.
  const closed = gap.closedAt !== null
  if (closed && gap.reason !== silenceReason) return still('skipped', 'it is closed')
  if (!/^wss?:/.test(gap.host)) return still('left', `nothing keeps the events of ${gap.host}`)
  // Rows of days that were dropped are not stored again, so nothing fills that part.
  const fromUs = Math.max(gap.fromUs, keptFrom.us)
  if (fromUs >= toUs) return still('left', `what came before ${keptFrom.day} was dropped`)
  let left = { ...gap, fromUs, toUs }
  let stored = 0
  const found: string[] = []
  for (const { host, fill } of waysFor(gap, options.hosts)) {
    const filled = await fill(left, { ...options, host, onProgress: progressOf(gap, options) })
    stored += filled.stored
    found.push(`${host}: ${filled.detail}`)
    if (signal.aborted) return still('interrupted', 'the same command goes on from here', stored)
    if (filled.fromUs <= gap.fromUs) {
      if (!closed) await closeGap(db, gap.id, filled.name)
      const whole = closed || (await isCovered(db, gap.fromUs, left.toUs))
      const detail = whole ? filled.detail : `${filled.detail}; its source has not come that far`
      return { gap, outcome: 'filled', detail: `${host}: ${detail}`, stored, leftToUs: null }
    }
    if (filled.fromUs >= left.toUs) continue
    left = { ...left, toUs: Math.max(filled.fromUs, fromUs) }
    if (!closed) await shrinkGap(db, gap, { fromUs: left.toUs, by: filled.name })
    if (left.toUs === fromUs) {
      found.push(`what came before ${keptFrom.day} was dropped`)
      break
    }
  }
  const outcome = left.toUs < toUs ? 'shrunk' : 'left'
  const detail = found.length > 0 ? found.join('; ') : 'no host is configured'
  return { gap, outcome, detail, stored, leftToUs: left.toUs }
}

type Fill = (gap: GapRow & { readonly toUs: number }, options: FillOptions) => Promise<Filled>

/** Whom to ask, and how, in order: what was listened to before has the same clock, and the archives are slow. */
function waysFor(
  gap: GapRow,
  hosts: readonly string[],
): readonly { readonly host: string; readonly fill: Fill }[] {
  const isSame = (host: string) => readJetstreamUrl(host).base === gap.host
  // A silence is of the host; the others are asked first.
  const wanted = gap.reason === silenceReason ? -1 : 1
  const sorted = [...hosts].sort((a, b) => wanted * (Number(isSame(b)) - Number(isSame(a))))
  const withArchive = sorted.filter((host) => readJetstreamUrl(host).wire !== 'v1')
  return [
    ...sorted.map((host) => ({ host, fill: fillFromSocket })),
    ...withArchive.map((host) => ({ host, fill: fillFromArchive })),
  ]
}

function progressOf(gap: GapRow, { onProgress }: HealOptions): FillOptions['onProgress'] {
  return ({ timeUs, detail }) => onProgress?.(gap, timeUs, detail)
}
