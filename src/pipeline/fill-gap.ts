import type { Pool } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import { silenceReason } from '../event/ledger-reasons.ts'
import { formatTimeUs } from '../event/time.ts'
import { openArchiveSource } from '../source/archive/archive.ts'
import { openJetstream } from '../source/jetstream/jetstream.ts'
import { readJetstreamUrl } from '../source/jetstream/jetstream-url.ts'
import type { GapRow } from '../store/gaps.ts'
import { forgetSource, readStoredRange, registerPartial } from '../store/stored-sources.ts'
import {
  type HostReading,
  type StoreOutcome,
  type StoreProgress,
  storeUntil,
} from './store-until.ts'

/** A gap whose end is known. */
type EndedGap = GapRow & { readonly toUs: number }

export interface FillOptions extends HostReading {
  readonly db: Pool
  /** Address of the host to ask. */
  readonly host: string
  readonly onProgress?: ((progress: StoreProgress) => void) | undefined
}

/** What a host had of a gap. */
export interface Filled {
  /** Name under which it was stored. */
  readonly name: string
  /** Everything from here to the end of the gap is stored, network time in µs; beyond the end where nothing is. */
  readonly fromUs: number
  readonly stored: number
  readonly detail: string
}

const nothing = Number.POSITIVE_INFINITY
/** Asked for before the gap: what comes from there shows that the host reaches back beyond its start, µs. */
const leadUs = 30_000_000
/** How far the clocks of two hosts are apart, and the events that are on their way, µs. */
const hostsApartUs = 10_000_000

/** Replays what a host keeps for a day or more. */
export async function fillFromSocket(gap: EndedGap, options: FillOptions): Promise<Filled> {
  const { db, host, wire, dids, compress, logger, timings } = options
  const { base } = readJetstreamUrl(host)
  const name = `heal:${base}:${gap.id}`
  const apartUs = base === gap.host ? 0 : hostsApartUs
  const before = await readStoredRange(db, name)
  const untilUs = gap.toUs + apartUs
  const start = {
    host: base,
    wire: 'v2' as const,
    seq: null,
    timeUs: gap.fromUs - leadUs,
    epoch: 0,
  }
  await beginFill(gap, name, options)
  const outcome = await store(name, untilUs, options, (position, signal) =>
    openJetstream({
      urls: [host],
      wire,
      collections: collectionsOf(gap, options),
      dids,
      compress,
      position: position ?? start,
      signal,
      logger,
      ...(timings && { timings }),
    }),
  )
  if (outcome instanceof AppError)
    return { name, fromUs: nothing, stored: 0, detail: outcome.message }
  const { stored, end } = outcome
  if (end === 'interrupted' || end === 'unreachable') {
    return { name, fromUs: nothing, stored, detail: outcome.detail }
  }
  await forgetSource(db, name)
  const lostUs = outcome.gaps.map(({ toUs }) => toUs)
  const beganUs = before?.fromUs ?? outcome.firstUs ?? (dids.length > 0 ? gap.fromUs : nothing)
  // Of few accounts nothing may have come for long before the gap; then only the host can tell that something is missing.
  const fromUs =
    dids.length > 0 && lostUs.length === 0
      ? gap.fromUs
      : reachOf(gap, Math.max(beganUs, ...lostUs), apartUs)
  return {
    name,
    fromUs,
    stored,
    detail: describe(gap, fromUs, 'it no longer has anything of that'),
  }
}

/** Reads it from the archive of a host. */
export async function fillFromArchive(gap: EndedGap, options: FillOptions): Promise<Filled> {
  const { db, host, dids, apiKey } = options
  const { base } = readJetstreamUrl(host)
  const name = `heal:${base}:${gap.id}:archive`
  const apartUs = base === gap.host ? 0 : hostsApartUs
  const toUs = gap.toUs + apartUs
  let archive: ReturnType<typeof openArchiveSource> | null = null
  await beginFill(gap, name, options)
  const outcome = await store(name, null, options, (position, signal) => {
    archive = openArchiveSource({
      host,
      fromUs: gap.fromUs - apartUs,
      toUs,
      dids,
      collections: collectionsOf(gap, options),
      position,
      apiKey,
      signal,
    })
    return archive
  })
  if (outcome instanceof AppError)
    return { name, fromUs: nothing, stored: 0, detail: outcome.message }
  const { stored } = outcome
  if (outcome.end !== 'ended') return { name, fromUs: nothing, stored, detail: outcome.detail }
  await forgetSource(db, name)
  const { oldestUs = null, throughUs = null } = readReach(archive) ?? {}
  const reaches = oldestUs !== null && throughUs !== null && throughUs >= gap.toUs
  const fromUs = reaches ? reachOf(gap, oldestUs, 0) : nothing
  return { name, fromUs, stored, detail: describe(gap, fromUs, 'its archive does not have it') }
}

// A closure has filled it, which the compiler does not see.
function readReach(archive: ReturnType<typeof openArchiveSource> | null) {
  return archive?.reach() ?? null
}

/** Where a host refuses, or has no archive, that is an answer; the next one is asked. */
async function store(
  name: string,
  untilUs: number | null,
  options: FillOptions,
  open: Parameters<typeof storeUntil>[0]['open'],
): Promise<StoreOutcome | AppError> {
  const { databaseUrl, limits, patience, signal, logger, onProgress } = options
  try {
    return await storeUntil({
      databaseUrl,
      name,
      open,
      untilUs,
      narrow: options.dids.length > 0,
      notesGap: () => false,
      limits,
      patience,
      signal,
      logger,
      onProgress,
    })
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('SOURCE_')) return error
    throw error
  }
}

/** What is filled with one collection alone makes no time complete, not even while it is being filled. */
async function beginFill({ reason }: GapRow, name: string, { db }: FillOptions): Promise<void> {
  if (reason === silenceReason) await registerPartial(db, name)
}

/** A gap of one collection is filled with that alone. */
function collectionsOf(gap: GapRow, { collections }: FillOptions): readonly string[] {
  return gap.reason === silenceReason && gap.detail !== null ? [gap.detail] : collections
}

function reachOf(gap: EndedGap, beganUs: number, apartUs: number): number {
  return beganUs <= gap.fromUs + apartUs ? gap.fromUs : beganUs
}

function describe(gap: EndedGap, fromUs: number, none: string): string {
  if (fromUs <= gap.fromUs) return 'replayed'
  return fromUs < gap.toUs ? `it begins at ${formatTimeUs(fromUs)}` : none
}
