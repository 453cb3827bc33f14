import { AppError } from '../../errors.ts'
import { maxBodyBytes, readInt64 } from './block.ts'

/** The head of a segment file, as far as it is needed to find its blocks. */
export interface SegmentHeader {
  readonly blocks: number
  readonly minSeq: number
  readonly maxSeq: number
  readonly indexOffset: number
}

/** Where a block lies in its file and what it holds. */
export interface BlockEntry {
  readonly index: number
  /** Of its length, which its zstd frame follows. */
  readonly offset: number
  readonly packedBytes: number
  readonly bodyBytes: number
  readonly rows: number
  readonly minSeq: number
  readonly maxSeq: number
  /** When its rows were seen by the host, µs since 1970. */
  readonly minWitnessedUs: number
  readonly maxWitnessedUs: number
}

export const headerBytes = 256
export const entryBytes = 52
/** Before the frame of each block: how long it is. */
export const prefixBytes = 8
const magic = 0x6a737330
const version = 1
/** Segments have a few hundred blocks; an index of more than 5 MB is none. */
const maxBlocks = 100_000

/**
 * Reads the first 256 bytes of a sealed segment file. Throws `SOURCE_REJECTED` where they are something else.
 *
 * @see https://github.com/bluesky-social/jetstream/blob/main/docs/README.md section 3
 */
export function readSegmentHeader(bytes: Buffer): SegmentHeader {
  if (bytes.length < headerBytes || bytes.readUInt32BE(0) !== magic) {
    throw unreadable('it is no segment file')
  }
  const found = bytes.readUInt16LE(12)
  if (found !== version) throw unreadable(`it has version ${found} instead of ${version}`)
  if (readInt64(bytes, 4) === 0) throw unreadable('it is not sealed')
  const blocks = bytes.readUInt32LE(14)
  const indexOffset = readInt64(bytes, 90)
  if (blocks > maxBlocks || !Number.isSafeInteger(indexOffset) || indexOffset < headerBytes) {
    throw unreadable('its header makes no sense')
  }
  return { blocks, minSeq: readInt64(bytes, 26), maxSeq: readInt64(bytes, 34), indexOffset }
}

/** Reads the index of a segment's blocks, `blocks` times 52 bytes. Throws `SOURCE_REJECTED` where it makes no sense. */
export function readBlockIndex(bytes: Buffer, header: SegmentHeader): readonly BlockEntry[] {
  if (bytes.length < header.blocks * entryBytes) throw unreadable('its index is cut off')
  return Array.from({ length: header.blocks }, (_, index) => {
    const at = index * entryBytes
    const entry = {
      index,
      offset: readInt64(bytes, at),
      packedBytes: bytes.readUInt32LE(at + 8),
      bodyBytes: bytes.readUInt32LE(at + 12),
      rows: bytes.readUInt32LE(at + 16),
      minSeq: readInt64(bytes, at + 20),
      maxSeq: readInt64(bytes, at + 28),
      minWitnessedUs: readInt64(bytes, at + 36),
      maxWitnessedUs: readInt64(bytes, at + 44),
    }
    const end = entry.offset + prefixBytes + entry.packedBytes
    if (entry.offset < headerBytes || end > header.indexOffset) {
      throw unreadable(`block ${index} lies outside of it`)
    }
    if (entry.packedBytes > maxBodyBytes || entry.bodyBytes > maxBodyBytes) {
      throw unreadable(`block ${index} is larger than ${maxBodyBytes} bytes`)
    }
    return entry
  })
}

function unreadable(how: string): AppError {
  return new AppError('SOURCE_REJECTED', `A segment of the archive cannot be read: ${how}.`)
}
