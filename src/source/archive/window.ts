import type { Position } from '../../event/frame.ts'
import type { ListedSegment } from './answers.ts'
import type { ArchiveClient } from './client.ts'

/** Which part of an archive holds what is wanted. */
export interface ArchiveWindow {
  /** Rows behind this number … */
  readonly afterSeq: number
  /** … up to this one. Not above `afterSeq` where the archive has nothing that is wanted. */
  readonly beforeSeq: number
  /** Last sealed row: what is younger is not in the archive yet. Null where the archive is empty. */
  readonly sealedTip: { readonly seq: number; readonly witnessedUs: number } | null
  /** When the host saw the oldest row, µs since 1970. */
  readonly oldestUs: number | null
  readonly epoch: number
}

export interface WindowRequest {
  readonly fromUs: number
  /** Exclusive; null for everything up to the sealed tip. */
  readonly toUs: number | null
  /** Last row that is stored already, of this host. */
  readonly position: Position | null
}

/** A stored time may lie a little beyond its segment's: display time and time of arrival differ. */
const toleranceUs = 60_000_000

/**
 * Finds the rows of a stretch of time by the times of the segments. No row is shown earlier than it was seen unless its
 * time was imported, so segments that end before the stretch hold none of it; segments that the host saw after the stretch
 * are left out, too, with whatever of an earlier time was imported into them.
 */
export async function findWindow(
  client: ArchiveClient,
  request: WindowRequest,
  signal: AbortSignal,
): Promise<ArchiveWindow> {
  const segments = await listAll(client, signal)
  const last = segments.findLast(({ eventCount }) => eventCount > 0)
  const sealedTip = last ? { seq: last.maxSeq, witnessedUs: last.maxWitnessedAt } : null
  const { position } = request
  const rebuilt = position !== null && isRebuilt(segments, position)
  const wanted = segments.filter((segment) => overlaps(segment, request))
  const [first, end] = [wanted.at(0), wanted.at(-1)]
  const startSeq = first ? first.minSeq - 1 : 0
  return {
    afterSeq: Math.max(startSeq, rebuilt ? 0 : (position?.seq ?? 0)),
    beforeSeq: end?.maxSeq ?? 0,
    sealedTip,
    oldestUs: segments.find(({ eventCount }) => eventCount > 0)?.minWitnessedAt ?? null,
    epoch: (position?.epoch ?? 0) + (rebuilt ? 1 : 0),
  }
}

/** All segments by number. A whole network has some ten thousand. */
async function listAll(client: ArchiveClient, signal: AbortSignal): Promise<ListedSegment[]> {
  const segments: ListedSegment[] = []
  let cursor: string | null = null
  do {
    const page = await client.listSegments(cursor, signal)
    segments.push(...page.segments)
    // A host that gives the same cursor for ever ends here as well.
    cursor = page.segments.length > 0 && page.cursor !== cursor ? (page.cursor ?? null) : null
  } while (cursor !== null)
  return segments.sort((a, b) => a.minSeq - b.minSeq)
}

function overlaps(segment: ListedSegment, { fromUs, toUs }: WindowRequest): boolean {
  const { eventCount, minWitnessedAt, maxWitnessedAt } = segment
  return eventCount > 0 && maxWitnessedAt >= fromUs && (toUs === null || minWitnessedAt < toUs)
}

/**
 * Whether the numbers of this host are no longer those of the stored position: a segment that holds its number ended before
 * its time, or the archive ends before its number and yet after its time.
 */
function isRebuilt(segments: readonly ListedSegment[], { seq, timeUs }: Position): boolean {
  if (seq === null) return false
  const filled = segments.filter(({ eventCount }) => eventCount > 0)
  const holder = filled.find((segment) => segment.maxSeq >= seq)
  if (holder) return timeUs > holder.maxWitnessedAt + toleranceUs
  const last = filled.at(-1)
  return last !== undefined && timeUs < last.maxWitnessedAt - toleranceUs
}
