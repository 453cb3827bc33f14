import type { ArchiveClient } from './client.ts'
import {
  type BlockEntry,
  entryBytes,
  headerBytes,
  readBlockIndex,
  readSegmentHeader,
} from './segment.ts'

/** One generation of a segment file. */
export interface SegmentFile {
  /** Number of its blocks; a rewrite does not change it. */
  readonly blocks: number
  readonly etag: string | null
  /** Null where the file cannot be read in parts, or was rewritten before its index was read. */
  readonly entries: readonly BlockEntry[] | null
}

/** Reads header and index of a segment file. Throws `SOURCE_REJECTED` where they make no sense. */
export async function openSegmentFile(
  client: ArchiveClient,
  name: string,
  signal: AbortSignal,
): Promise<SegmentFile> {
  const { bytes, etag } = await client.getStart(name, headerBytes, signal)
  const header = readSegmentHeader(bytes)
  const { blocks, indexOffset } = header
  if (etag === null) return { blocks, etag, entries: null }
  if (blocks === 0) return { blocks, etag, entries: [] }
  const to = indexOffset + blocks * entryBytes - 1
  const index = await client.getPart(name, { from: indexOffset, to, etag }, signal)
  return { blocks, etag, entries: index === 'rewritten' ? null : readBlockIndex(index, header) }
}
