import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { archiveRow, writeSegment } from '../../../test/support/archive-file.ts'
import { decodeFrame } from '../../event/decode.ts'
import { type ArchiveRow, readRows, unpackBlock } from './block.ts'
import { encodeFrame } from './frame.ts'
import { prefixBytes, readBlockIndex, readSegmentHeader } from './segment.ts'

const fixtures = new URL('../../../test/fixtures/jetstream/', import.meta.url)
const golden = readFileSync(new URL('golden-segment.jss', fixtures))

function readFile(file: Buffer): ArchiveRow[] {
  const header = readSegmentHeader(file)
  return readBlockIndex(file.subarray(header.indexOffset), header).flatMap((entry) => {
    const at = entry.offset + prefixBytes
    const body = unpackBlock(file.subarray(at, at + entry.packedBytes), entry.bodyBytes)
    const rows = [...readRows(body)]
    expect(rows.length).toBe(entry.rows)
    return rows
  })
}

describe('a segment that the authors of the format publish', () => {
  const rows = readFile(golden)

  test('has the records of the repository it was made of, with their CIDs', () => {
    const expected = readFileSync(new URL('golden-segment-records.tsv', fixtures), 'utf8')
    const found = rows.map((row) => {
      const { payload } = JSON.parse(String(encodeFrame(row)))
      return `${payload.collection}/${payload.rkey}\t${payload.cid}`
    })
    expect(found.sort()).toEqual(expected.trim().split('\n').sort())
  })

  test('decodes to events, numbered from 1', () => {
    const events = rows.map((row) => decodeFrame(encodeFrame(row) as Buffer, Date.now() * 1_000))
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['commit']))
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 23 }, (_, n) => n + 1))
    expect(events[8]).toMatchObject({
      did: 'did:plc:53iucmf5ldftgqyf2ac7hmhd',
      operation: 'create',
      rev: '3migo7fijwi2k',
      record: { $type: 'app.bsky.feed.like', createdAt: '2025-09-05T12:49:10.507Z' },
    })
  })
})

describe('a segment file', () => {
  const blocks = [[1, 2], [], [3]].map((seqs) => seqs.map((seq) => archiveRow(seq)))
  const file = writeSegment(blocks)

  test('gives the rows of its blocks, also where one is empty', () => {
    expect(readFile(file)).toEqual(blocks.flat())
  })

  test.each<[string, (bytes: Buffer) => unknown]>([
    ['is shorter than its header', (bytes) => readSegmentHeader(bytes.subarray(0, 255))],
    ['is something else', (bytes) => bytes.write('jss1')],
    ['has another version', (bytes) => bytes.writeUInt16LE(2, 12)],
    ['is not sealed', (bytes) => bytes.writeBigUInt64LE(0n, 4)],
    ['has millions of blocks', (bytes) => bytes.writeUInt32LE(9_999_999, 14)],
    ['has its index before its blocks', (bytes) => bytes.writeBigUInt64LE(0n, 90)],
    ['has its index beyond all files', (bytes) => bytes.writeBigUInt64LE(2n ** 60n, 90)],
    ['lacks a part of its index', (bytes) => bytes.writeUInt32LE(4, 14)],
    ['has a block outside of it', (bytes) => bytes.writeUInt32LE(1e9, bytes.length - 52 + 8)],
  ])('that %s cannot be read, and says so', (_name, spoil) => {
    const spoiled = Buffer.from(file)
    expect(() => {
      spoil(spoiled)
      readFile(spoiled)
    }).toThrow(expect.objectContaining({ code: 'SOURCE_REJECTED' }))
  })
})
