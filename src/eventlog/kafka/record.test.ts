import type { KafkaRecord, MessageToProduce } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { frameMessage, gapMessage, readEntry, watermarkMessage } from './record.ts'

const position = {
  host: 'wss://jetstream.example',
  wire: 'v2',
  seq: 7,
  timeUs: 1_783_175_888_108_780,
  epoch: 2,
} as const

test('a frame comes out as it went in, keyed by its account', () => {
  const bytes = Buffer.from('{"did":"did:plc:abc","time_us":1}')
  const frame = { bytes, position, receivedUs: 1_783_175_888_200_000 }
  const message = frameMessage(frame, 't')
  expect(message.key?.toString()).toBe('did:plc:abc')
  expect(readEntry(received(message), 0)).toEqual({ kind: 'frame', frame })
})

test('a position without a sequence number keeps having none', () => {
  const frame = { bytes: Buffer.from('x'), position: { ...position, seq: null }, receivedUs: 1 }
  expect(readEntry(received(frameMessage(frame, 't')), 0)).toEqual({ kind: 'frame', frame })
})

test('a frame that names no account goes to partition 0', () => {
  const frame = { bytes: Buffer.from('not json'), position, receivedUs: 1 }
  expect(frameMessage(frame, 't')).toMatchObject({ partition: 0 })
})

test('gaps and watermarks come out as they went in', () => {
  const gap = { host: 'h', fromUs: 1, toUs: 2, reason: 'cursor-clamped' } as const
  expect(readEntry(received(gapMessage(gap, 't')), 0)).toEqual({ kind: 'gap', gap })
  expect(readEntry(received(watermarkMessage(position, 't', 3)), 0)).toEqual({
    kind: 'watermark',
    position,
  })
})

test.each([
  [[]],
  [[['position', 'a/b/c']]],
  [[['gap', '']]],
  [[['host', null]]],
  [
    [
      ['wire', 'v9'],
      ['received', '-'],
    ],
  ],
])('what others put into the topic, with headers %j, is a frame to be set aside', (pairs) => {
  const headers = pairs.map(
    ([name, text]) =>
      [Buffer.from(name ?? ''), text === null ? null : Buffer.from(text ?? '')] as [
        Buffer,
        Buffer | null,
      ],
  )
  const entry = readEntry(recordOf(Buffer.from('?'), headers), 5)
  expect(entry).toMatchObject({
    kind: 'frame',
    frame: { receivedUs: 5, position: { timeUs: 0, wire: 'v1' } },
  })
})

function received({ value, headers }: MessageToProduce): KafkaRecord {
  return recordOf(value ?? null, [...(headers as Map<Buffer, Buffer>)])
}

function recordOf(value: Buffer | null, headers: [Buffer, Buffer | null][]): KafkaRecord {
  return { length: 0, attributes: 0, timestampDelta: 0n, offsetDelta: 0, key: null, value, headers }
}
