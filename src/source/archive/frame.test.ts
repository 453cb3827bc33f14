import { encode } from 'cborg'
import { describe, expect, test } from 'vitest'
import { archiveRow, firstUs } from '../../../test/support/archive-file.ts'
import { decodeFrame } from '../../event/decode.ts'
import { readPlace } from '../../event/position.ts'
import type { ArchiveRow } from './block.ts'
import { encodeFrame } from './frame.ts'

const receivedUs = firstUs + 86_400_000_000
const cbor = (value: unknown) => Buffer.from(encode(value))
const relay = { did: 'did:plc:account1', seq: 77, time: '2026-05-28T00:00:00.5Z' }
const about = (kind: number, body: object): ArchiveRow =>
  archiveRow(1, { kind, collection: '', rkey: '', rev: '', payload: cbor(body) })

function decode(row: ArchiveRow): unknown {
  const frame = encodeFrame(row)
  if (typeof frame === 'string') throw new TypeError(frame)
  expect(readPlace(frame, 'v2')).toEqual({ seq: row.seq, timeUs: row.timeUs })
  return decodeFrame(frame, receivedUs)
}

describe('a row as a message of the wire', () => {
  test.each([
    [1, 'create'],
    [2, 'update'],
    [7, 'create'],
  ])('kind %i is a record: %s', (kind, operation) => {
    expect(decode(archiveRow(5, { kind }))).toEqual({
      kind: 'commit',
      operation,
      did: 'did:plc:account2',
      timeUs: firstUs + 5_000_000,
      collection: 'app.bsky.feed.like',
      rkey: 'like5',
      rev: '3migo7fijwi2k',
      cid: expect.stringMatching(/^bafyrei[a-z2-7]{52}$/),
      record: expect.objectContaining({ $type: 'app.bsky.feed.like' }),
    })
  })

  test('kind 3 is a delete, which has no record', () => {
    const row = archiveRow(5, { kind: 3, payload: Buffer.alloc(0) })
    expect(decode(row)).toMatchObject({ operation: 'delete', cid: null, record: null })
    expect(String(encodeFrame(row))).not.toMatch(/"cid"|"record"/)
  })

  test('kinds 4 to 6 are what becomes of an account', () => {
    expect(decode(about(4, { ...relay, handle: 'a.test' }))).toMatchObject({
      kind: 'identity',
      seq: 77,
      handle: 'a.test',
    })
    expect(decode(about(5, { ...relay, active: false, status: 'deleted' }))).toMatchObject({
      kind: 'account',
      active: false,
      status: 'deleted',
      relayTimeUs: Date.parse('2026-05-28T00:00:00.5Z') * 1_000,
    })
    const sync = { ...relay, rev: '3migo7fijwi2k', blocks: Buffer.from('car') }
    expect(decode(about(6, sync))).toMatchObject({ kind: 'sync', rev: '3migo7fijwi2k' })
  })

  test('the time has always six digits of a second', () => {
    for (const [timeUs, time] of [
      [firstUs, '2026-05-28T20:26:40.000000Z'],
      [firstUs + 1, '2026-05-28T20:26:40.000001Z'],
      [firstUs + 123_456, '2026-05-28T20:26:40.123456Z'],
    ] as const) {
      expect(String(encodeFrame(archiveRow(1, { timeUs })))).toContain(`"time":"${time}"}}`)
    }
  })

  test.each<[string, Partial<ArchiveRow>]>([
    ['unknown-kind', { kind: 8 }],
    ['unknown-kind', { kind: 0 }],
    ['bad-payload', { payload: Buffer.from([0xff]) }],
    ['bad-payload', { payload: cbor({ a: 1.5 }) }],
    ['bad-payload', { kind: 4, payload: Buffer.alloc(0) }],
    ['bad-seq', { seq: 0 }],
    ['bad-seq', { seq: 2 ** 53 }],
    ['bad-time', { timeUs: -1 }],
    ['bad-time', { timeUs: Number.MAX_SAFE_INTEGER }],
  ])('%s: a row that is none is passed over', (reason, other) => {
    expect(encodeFrame(archiveRow(1, other))).toBe(reason)
  })
})
