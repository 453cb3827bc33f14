import { AppError } from '../../errors.ts'
import type { PlanPage } from './answers.ts'
import type { ArchiveClient, PlanRequest } from './client.ts'

/** What one plan may ask for; with more than that everything is planned, and the rows are filtered here. */
const maxDids = 10_000
const maxCollections = 100

export interface SnapshotRequest {
  /** Empty for all. */
  readonly dids: readonly string[]
  /** NSIDs or `prefix.*`; empty for all. They concern operations on records only. */
  readonly collections: readonly string[]
  readonly afterSeq: number
  readonly beforeSeq: number
}

/** A page of the plan, and behind which number its rows are new. */
export interface SnapshotPage extends PlanPage {
  readonly afterSeq: number
}

/**
 * The plan of a download, page by page. Where it ends is what the first page says, so that an archive that grows meanwhile
 * does not move it. It holds more than what is wanted (Bloom filters), never less. Throws `SOURCE_REJECTED` where a page
 * does not go on.
 */
export async function* planSnapshot(
  client: ArchiveClient,
  request: SnapshotRequest,
  signal: AbortSignal,
): AsyncGenerator<SnapshotPage> {
  const filters = filtersOf(request)
  let { afterSeq, beforeSeq } = request
  while (beforeSeq > afterSeq) {
    const page = await client.planSnapshot({ ...filters, afterSeq, beforeSeq }, signal)
    beforeSeq = Math.min(beforeSeq, page.sealedTipSeq)
    yield { ...page, afterSeq }
    if (page.plannedThroughSeq <= afterSeq && afterSeq < beforeSeq) {
      const text = `The plan of the archive does not go on behind number ${afterSeq}.`
      throw new AppError('SOURCE_REJECTED', text)
    }
    afterSeq = page.plannedThroughSeq
  }
}

function filtersOf({ dids, collections }: SnapshotRequest): Partial<PlanRequest> {
  return {
    ...(dids.length > 0 && dids.length <= maxDids ? { dids } : {}),
    ...(collections.length > 0 && collections.length <= maxCollections ? { collections } : {}),
  }
}
