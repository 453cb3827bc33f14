import { zstdDecompressSync } from 'node:zlib'
import { AppError } from '../../errors.ts'

/** One row of the archive: an event, its payload still DAG-CBOR. */
export interface ArchiveRow {
  readonly seq: number
  /** What the wire shows as its time, µs since 1970: when it was indexed where that was imported, else when it was seen. */
  readonly timeUs: number
  /** See `frame.ts`. */
  readonly kind: number
  readonly collection: string
  readonly did: string
  readonly rkey: string
  readonly rev: string
  /** A view into the block. */
  readonly payload: Buffer
}

/** What one block may unpack to. Hosts write a few MB; their own limit is 1 GiB. */
export const maxBodyBytes = 64 * 1024 * 1024
const maxRows = 262_144
const fixedRowBytes = 34

/**
 * The body of a block from its zstd frame. Throws `SOURCE_REJECTED` where it is damaged, larger than `maxBodyBytes`, or
 * not as long as the index says (null: the index was not read).
 */
export function unpackBlock(packed: Buffer, bodyBytes: number | null): Buffer {
  let body: Buffer
  try {
    body = zstdDecompressSync(packed, { maxOutputLength: maxBodyBytes })
  } catch (cause) {
    throw damaged(`it does not unpack (${(cause as Error).message})`, cause)
  }
  if (bodyBytes !== null && body.length !== bodyBytes) {
    throw damaged(`it unpacks to ${body.length} bytes instead of ${bodyBytes}`)
  }
  return body
}

/**
 * Rows of a block in their order. The layout is checked before the first row is handed out; what is in a row is not.
 * Throws `SOURCE_REJECTED` where the columns do not add up to the block.
 *
 * @see https://github.com/bluesky-social/jetstream/blob/main/docs/README.md section 3.2
 */
export function* readRows(body: Buffer): Generator<ArchiveRow> {
  const count = body.length >= 4 ? body.readUInt32LE(0) : maxRows + 1
  if (count > maxRows || body.length < 4 + fixedRowBytes * count) {
    throw damaged('it has no place for its rows')
  }
  let at = 4
  const column = (width: number) => {
    const start = at
    at += width * count
    return start
  }
  const [seqs, witnessed, indexed, kinds] = [column(8), column(8), column(8), column(1)]
  const lengths = [column(1), column(2), column(1), column(1), column(4)] as const
  const blobs = (lengthOf: (row: number) => number) => {
    const found = new BlobColumn(body, at, count, lengthOf)
    at = found.end
    return found
  }
  const collections = blobs((row) => body.readUInt8(lengths[0] + row))
  const dids = blobs((row) => body.readUInt16LE(lengths[1] + 2 * row))
  const rkeys = blobs((row) => body.readUInt8(lengths[2] + row))
  const revs = blobs((row) => body.readUInt8(lengths[3] + row))
  const payloads = blobs((row) => body.readUInt32LE(lengths[4] + 4 * row))
  if (at !== body.length) throw damaged(`its columns hold ${at} of ${body.length} bytes`)

  for (let row = 0; row < count; row++) {
    yield {
      seq: readInt64(body, seqs + 8 * row),
      timeUs: readInt64(body, indexed + 8 * row) || readInt64(body, witnessed + 8 * row),
      kind: body.readUInt8(kinds + row),
      collection: collections.next(row).toString(),
      did: dids.next(row).toString(),
      rkey: rkeys.next(row).toString(),
      rev: revs.next(row).toString(),
      payload: payloads.next(row),
    }
  }
}

/** Bytes of all rows one after another, handed out row by row. */
class BlobColumn {
  readonly end: number
  readonly #body: Buffer
  readonly #lengthOf: (row: number) => number
  #at: number

  constructor(body: Buffer, start: number, rows: number, lengthOf: (row: number) => number) {
    this.#body = body
    this.#lengthOf = lengthOf
    this.#at = start
    let end = start
    for (let row = 0; row < rows; row++) end += lengthOf(row)
    this.end = end
  }

  next(row: number): Buffer {
    const start = this.#at
    this.#at += this.#lengthOf(row)
    return this.#body.subarray(start, this.#at)
  }
}

/** 64 bits, little end first; beyond 2^53 it is no longer exact, which whoever uses it checks. No BigInt: hot path. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32LE(at + 4) * 0x1_0000_0000 + bytes.readUInt32LE(at)
}

function damaged(how: string, cause?: unknown): AppError {
  return new AppError('SOURCE_REJECTED', `A block of the archive is damaged: ${how}.`, { cause })
}
