/**
 * Backfill: history into the same tables with the same numbers, from what hosts keep.
 *
 * First the archive of a host, then over its socket what is younger than that, up to where live listening began. Stored under
 * a name that follows from what was asked for, so that the same wish goes on where it was stopped. A history of some accounts
 * only covers no time.
 */
import { createHash } from 'node:crypto'
import { openPool, type Pool } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import { type ArchiveSource, openArchiveSource } from '../source/archive/archive.ts'
import { openJetstream } from '../source/jetstream/jetstream.ts'
import { readJetstreamUrl } from '../source/jetstream/jetstream-url.ts'
import {
  readFirstKeptDay,
  readLiveStart,
  readStoredRange,
  registerPartial,
} from '../store/stored-sources.ts'
import { closeCoveredGaps } from './close-covered.ts'
import {
  type HostReading,
  type StoreOutcome,
  type StoreProgress,
  storeUntil,
} from './store-until.ts'

export interface BackfillOptions extends HostReading {
  /** Addresses of hosts; the first with an archive is read, or the first of all where none has one. */
  readonly hosts: readonly string[]
  /** Network time, µs; `toUs` null for up to where live listening began, or now. */
  readonly fromUs: number
  readonly toUs: number | null
  readonly onProgress?: (progress: BackfillProgress) => void
}

export interface BackfillProgress extends StoreProgress {
  /** Where it is going, network time in µs. */
  readonly fromUs: number
  readonly toUs: number
}

export interface BackfillSummary {
  /** Name under which it was stored. */
  readonly source: string
  readonly host: string
  /** False where it was stopped; the same wish goes on from there. */
  readonly finished: boolean
  /** What was asked for, network time in µs. */
  readonly fromUs: number
  readonly toUs: number
  /** What is stored of it by now; null where nothing is. */
  readonly stored: { readonly fromUs: number; readonly toUs: number } | null
  readonly events: number
  readonly deadLetters: number
  /** Why the archive was not read; null where it was. */
  readonly withoutArchive: string | null
  /** Gaps that it has closed. */
  readonly closedGaps: number
}

/** What came through sockets of hosts with other clocks may be that late, µs. */
const marginUs = 10_000_000

/**
 * Throws `AppError` `USAGE_INVALID` where nothing is missing or what is asked for was dropped, `SOURCE_…` where a host refuses or cannot be reached, and
 * DATABASE_….
 */
export async function backfill(options: BackfillOptions): Promise<BackfillSummary> {
  await using db = openPool({
    url: options.databaseUrl,
    max: 1,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics backfill',
  })
  const toUs = options.toUs ?? Math.min((await readLiveStart(db)) ?? Infinity, Date.now() * 1_000)
  if (toUs <= options.fromUs) {
    throw new AppError('USAGE_INVALID', 'everything since then was listened to live', {
      hint: 'gaps lists what is missing of it, gaps heal fills it.',
    })
  }
  await requireKept(db, options.fromUs)
  const refused: string[] = []
  for (const host of options.hosts) {
    const part = { ...options, db, host, toUs, name: nameOf(host, options) }
    if (options.dids.length > 0) await registerPartial(db, part.name)
    const archive = await readArchive(part)
    if (archive instanceof AppError) refused.push(archive.message)
    else return await finish(part, archive, null)
  }
  const [host] = options.hosts
  if (host === undefined) throw new AppError('CONFIG_INVALID', 'No Jetstream host is given.')
  const part = { ...options, db, host, toUs, name: nameOf(host, options) }
  return await finish(part, null, refused.join('; '))
}

/** Days that were dropped are not stored again: what they counted is in the counts. */
async function requireKept(db: Pool, fromUs: number): Promise<void> {
  const day = await readFirstKeptDay(db)
  if (day === null || fromUs >= Date.parse(day) * 1_000) return
  throw new AppError(
    'USAGE_INVALID',
    `what came before ${day} was dropped, as old or to make room`,
    {
      hint: `It is counted already and is not stored again. Begin with --from ${day}.`,
    },
  )
}

interface Part extends BackfillOptions {
  readonly db: Pool
  readonly host: string
  readonly toUs: number
  readonly name: string
}

interface ArchiveRead {
  readonly outcome: StoreOutcome
  readonly sealedTip: { readonly seq: number; readonly witnessedUs: number } | null
  readonly throughUs: number | null
}

/** Where a host has no archive, or does not let us read it, the error says so. */
async function readArchive(part: Part): Promise<ArchiveRead | AppError> {
  const { host, fromUs, toUs, dids, collections, apiKey } = part
  if (readJetstreamUrl(host).wire === 'v1') {
    return new AppError('SOURCE_REJECTED', `${host} is an address of the first generation`)
  }
  const opened: ArchiveSource[] = []
  try {
    const outcome = await store(part, null, (position, signal) => {
      const until = toUs + marginUs
      const wish = { host, fromUs, toUs: until, dids, collections, position, apiKey, signal }
      const archive = openArchiveSource(wish)
      opened.push(archive)
      return archive
    })
    const { sealedTip = null, throughUs = null } = opened[0]?.reach() ?? {}
    return { outcome, sealedTip, throughUs }
  } catch (error) {
    if (error instanceof AppError && error.code === 'SOURCE_REJECTED') return error
    throw error
  }
}

/** What is younger than the archive, where it does not reach the end, and the summary of all. */
async function finish(
  part: Part,
  archive: ArchiveRead | null,
  withoutArchive: string | null,
): Promise<BackfillSummary> {
  const { db, name, host, fromUs, toUs } = part
  const reached = (archive?.throughUs ?? 0) >= toUs
  const stopped = archive !== null && archive.outcome.end !== 'ended'
  const socket = reached || stopped ? null : await readSocket(part, archive)
  const outcomes = [archive?.outcome, socket].filter((one) => one !== undefined && one !== null)
  const last = outcomes.at(-1)
  if (last?.end === 'unreachable') {
    throw new AppError('SOURCE_UNREACHABLE', last.detail, {
      hint: 'The same command goes on from here.',
    })
  }
  return {
    source: name,
    host: readJetstreamUrl(host).base,
    finished: last?.end !== 'interrupted',
    fromUs,
    toUs,
    stored: await readStoredRange(db, name),
    events: outcomes.reduce((sum, { stored }) => sum + stored, 0),
    deadLetters: outcomes.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
    withoutArchive,
    closedGaps: (await closeCoveredGaps(db)).length,
  }
}

function readSocket(part: Part, archive: ArchiveRead | null): Promise<StoreOutcome> {
  const { host, fromUs, toUs, wire, collections, dids, compress, logger, timings } = part
  const tip = archive?.sealedTip ?? null
  const begin = {
    host: readJetstreamUrl(host).base,
    wire: 'v2' as const,
    seq: tip?.seq ?? null,
    timeUs: tip?.witnessedUs ?? fromUs,
    epoch: 0,
  }
  // Nobody waits for what has not happened when it is asked for.
  const untilUs = Math.max(toUs, Math.min(toUs + marginUs, Date.now() * 1_000))
  return store(part, untilUs, (position, signal) =>
    openJetstream({
      urls: [host],
      wire,
      collections,
      dids,
      compress,
      position: position ?? begin,
      signal,
      logger,
      ...(timings && { timings }),
    }),
  )
}

function store(
  part: Part,
  untilUs: number | null,
  open: Parameters<typeof storeUntil>[0]['open'],
): Promise<StoreOutcome> {
  const { databaseUrl, name, limits, patience, signal, logger, onProgress, fromUs, toUs } = part
  return storeUntil({
    databaseUrl,
    name,
    open,
    untilUs,
    narrow: part.dids.length > 0,
    // What lies before the first event is nothing that was ever claimed.
    notesGap: (gap) => gap.fromUs > fromUs,
    limits,
    patience,
    signal,
    logger,
    ...(onProgress && {
      onProgress: (progress: StoreProgress) => onProgress({ ...progress, fromUs, toUs }),
    }),
  })
}

function nameOf(host: string, { fromUs, toUs, dids, collections }: BackfillOptions): string {
  const wish = [
    readJetstreamUrl(host).base,
    fromUs,
    toUs,
    [...dids].sort(),
    [...collections].sort(),
  ]
  const digest = createHash('sha256').update(JSON.stringify(wish)).digest('hex').slice(0, 16)
  return `backfill:${digest}`
}
