import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { archiveRow, writeBlockBody } from '../../../test/support/archive-file.ts'
import { AppError } from '../../errors.ts'
import { readRows, unpackBlock } from './block.ts'

const rows = [1, 2, 3].map((seq) => archiveRow(seq))
const body = writeBlockBody(rows)

describe('the body of a block', () => {
  test('gives the rows that were written into it', () => {
    expect([...readRows(body)]).toEqual(rows)
  })

  test('of which compaction left nothing has no rows', () => {
    expect([...readRows(Buffer.alloc(4))]).toEqual([])
  })

  test('shows the imported time where there is one', () => {
    const imported = Buffer.from(body)
    imported.writeBigInt64LE(1_700_000_000_000_000n, 4 + 2 * 8 * rows.length)
    expect([...readRows(imported)].map(({ timeUs }) => timeUs)).toEqual([
      1_700_000_000_000_000,
      rows[1]?.timeUs,
      rows[2]?.timeUs,
    ])
  })

  test('that is cut off or too long at any byte is said to be damaged', () => {
    for (let length = 0; length < body.length; length++) {
      expect(() => [...readRows(body.subarray(0, length))]).toThrow(AppError)
    }
    expect(() => [...readRows(Buffer.concat([body, Buffer.alloc(1)]))]).toThrow('damaged')
  })

  test('with any byte changed gives rows or is said to be damaged', () => {
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(body)
        changed[at] = value
        try {
          expect([...readRows(changed)].length).toBeLessThanOrEqual(rows.length)
        } catch (error) {
          expect(error).toMatchObject({ code: 'SOURCE_REJECTED' })
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('that promises millions of rows is not believed', () => {
    expect(() => [...readRows(Buffer.alloc(4, 0xff))]).toThrow('no place for its rows')
  })
})

describe('the zstd frame of a block', () => {
  test('unpacks to the body', () => {
    expect(unpackBlock(zstdCompressSync(body), body.length)).toEqual(body)
    expect(unpackBlock(zstdCompressSync(body), null)).toEqual(body)
  })

  test.each([
    ['is none', Buffer.from('no zstd'), null],
    ['is cut off', zstdCompressSync(body).subarray(0, -3), null],
    ['unpacks to another length than the index says', zstdCompressSync(body), body.length + 1],
    ['unpacks to gigabytes', zstdCompressSync(Buffer.alloc(80 * 1024 * 1024)), null],
  ])('that %s is said to be damaged', (_name, packed, bytes) => {
    expect(() => unpackBlock(packed, bytes)).toThrow(AppError)
  })
})
