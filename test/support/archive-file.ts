/** Writes segment files as the Jetstream server does, as far as a reader looks: header, blocks, index of the blocks. */
import { zstdCompressSync } from 'node:zlib'
import { encode } from 'cborg'
import type { ArchiveRow } from '../../src/source/archive/block.ts'
import { entryBytes, headerBytes, prefixBytes } from '../../src/source/archive/segment.ts'

export const firstUs = 1_780_000_000_000_000

/** A like of an account, made a second after the one before it. */
export function archiveRow(seq: number, other: Partial<ArchiveRow> = {}): ArchiveRow {
  const subject = { uri: 'at://did:plc:someone/app.bsky.feed.post/3l', cid: 'bafy' }
  const record = { $type: 'app.bsky.feed.like', subject, createdAt: '2026-05-28T00:00:00Z' }
  return {
    seq,
    timeUs: firstUs + seq * 1_000_000,
    kind: 1,
    collection: 'app.bsky.feed.like',
    did: `did:plc:account${seq % 3}`,
    rkey: `like${seq}`,
    rev: '3migo7fijwi2k',
    payload: Buffer.from(encode(record)),
    ...other,
  }
}

export function writeBlockBody(rows: readonly ArchiveRow[]): Buffer {
  const columns: ((row: ArchiveRow) => Buffer)[] = [
    ({ seq }) => integer(8, seq),
    ({ timeUs }) => integer(8, timeUs),
    () => integer(8, 0),
    ({ kind }) => integer(1, kind),
    ({ collection }) => integer(1, collection.length),
    ({ did }) => integer(2, did.length),
    ({ rkey }) => integer(1, rkey.length),
    ({ rev }) => integer(1, rev.length),
    ({ payload }) => integer(4, payload.length),
    ({ collection }) => Buffer.from(collection),
    ({ did }) => Buffer.from(did),
    ({ rkey }) => Buffer.from(rkey),
    ({ rev }) => Buffer.from(rev),
    ({ payload }) => payload,
  ]
  return Buffer.concat([integer(4, rows.length), ...columns.flatMap((column) => rows.map(column))])
}

/** A sealed file of these blocks. */
export function writeSegment(blocks: readonly (readonly ArchiveRow[])[]): Buffer {
  const parts: Buffer[] = []
  const index: Buffer[] = []
  let offset = headerBytes
  for (const rows of blocks) {
    const body = writeBlockBody(rows)
    const packed = zstdCompressSync(body)
    const [seqs, times] = [rows.map(({ seq }) => seq), rows.map(({ timeUs }) => timeUs)]
    const ends = [Math.min(...seqs), Math.max(...seqs), Math.min(...times), Math.max(...times)]
    index.push(
      integer(8, offset),
      ...[packed.length, body.length, rows.length].map((n) => integer(4, n)),
      ...ends.map((n) => integer(8, Number.isFinite(n) ? n : 0)),
    )
    parts.push(integer(8, packed.length), packed)
    offset += prefixBytes + packed.length
  }
  const header = Buffer.alloc(headerBytes)
  header.write('jss0', 'latin1')
  header.writeBigUInt64LE(1n, 4)
  header.writeUInt16LE(1, 12)
  header.writeUInt32LE(blocks.length, 14)
  header.writeBigUInt64LE(BigInt(offset), 90)
  const file = Buffer.concat([header, ...parts, ...index])
  if (file.length !== offset + blocks.length * entryBytes)
    throw new RangeError('the index is wrong')
  return file
}

function integer(bytes: 1 | 2 | 4 | 8, value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64LE(BigInt(value))
  return buffer.subarray(0, bytes)
}
