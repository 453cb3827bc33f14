import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFrame, type RejectReason } from './decode.ts'

const now = 1_800_000_000_000_000
const did = 'did:plc:mcc5yghbk7tixqryac2yxku7'
const timeUs = 1_779_719_009_132_431
const rev = '3mmoojp7vgo2g'
const path = { rev, collection: 'app.bsky.feed.post', rkey: '3mmoojp7etg2g' }

const decode = (message: unknown) =>
  decodeFrame(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), now)

const commit = (body: object) =>
  decode({ did, time_us: timeUs, kind: 'commit', commit: { ...path, ...body } })

const v2 = (type: string, payload: object) =>
  decode({
    $type: 'message',
    payload: {
      $type: `network.bsky.jetstream.subscribeEvents#${type}`,
      seq: 12,
      did,
      time: '2026-05-25T14:23:29.132431Z',
      ...payload,
    },
  })

test('every recorded frame of a production server is an event', () => {
  const file = new URL('../../test/fixtures/jetstream/golden-v1.jsonl', import.meta.url)
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  expect(lines.map((line) => decode(line).kind)).toEqual([
    ...['commit', 'commit', 'commit', 'commit', 'commit', 'commit', 'commit'],
    ...['identity', 'account', 'commit'],
  ])
})

test('both wires say the same', () => {
  const record = { text: 'hi' }
  expect(v2('commit', { ...path, operation: 'create', record, cid: 'bafy' })).toEqual(
    commit({ operation: 'create', record, cid: 'bafy' }),
  )
  const account = {
    active: false,
    did,
    seq: 7,
    time: '2026-05-25T14:23:29.950Z',
    status: 'takendown',
  }
  expect(v2('account', { account })).toEqual(
    decode({ did, time_us: timeUs, kind: 'account', account }),
  )
})

test('a sync is relied on for its rev only', () => {
  expect(v2('sync', { sync: { did, rev, seq: 0, time: '', blocks: { $bytes: '' } } })).toEqual({
    kind: 'sync',
    did,
    timeUs,
    rev,
  })
})

test('an identity without a handle is an event, and U+0000 in one does not get through', () => {
  const identity = (handle?: string) =>
    decode({ did, time_us: timeUs, kind: 'identity', identity: { did, seq: 1, time: 'x', handle } })
  expect(identity()).toMatchObject({ kind: 'identity', handle: null, relayTimeUs: timeUs })
  expect(identity('a\0b')).toMatchObject({ handle: 'a\u{FFFD}b' })
})

test('unknown collections and keys are events; prototype keys are only keys', () => {
  const text = `{"did":"${did}","time_us":${timeUs},"kind":"commit","__proto__":{"x":1},"commit":{"rev":"${rev}","operation":"create","collection":"place.stream.live","rkey":"a:b","record":{"__proto__":{"polluted":true}}}}`
  expect(decode(text)).toMatchObject({
    kind: 'commit',
    collection: 'place.stream.live',
    rkey: 'a:b',
  })
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

test('a record nested a hundred thousand levels deep is decoded without overflowing', () => {
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
  const text = `{"did":"${did}","time_us":${timeUs},"kind":"commit","commit":{"rev":"${rev}","operation":"create","collection":"x.y.z","rkey":"a","record":${deep}}}`
  expect(decode(text).kind).toBe('commit')
})

test.each<[RejectReason, unknown]>([
  ['not-json', '{"did":'],
  ['not-json', ''],
  ['not-an-object', '[]'],
  ['not-an-object', 'null'],
  ['bad-did', { time_us: timeUs, kind: 'commit' }],
  ['bad-did', { did: 'alice.example', time_us: timeUs, kind: 'commit' }],
  ['bad-did', { did: `did:web:${'x'.repeat(2_048)}`, time_us: timeUs }],
  ['bad-did', { did: 'did:web:a\0b', time_us: timeUs }],
  ['bad-time', { did, kind: 'commit' }],
  ['bad-time', { did, time_us: '5', kind: 'commit' }],
  ['bad-time', { did, time_us: -1, kind: 'commit' }],
  ['bad-time', { did, time_us: 5, kind: 'commit' }],
  ['bad-time', { did, time_us: 2 ** 53, kind: 'commit' }],
  ['bad-time', { did, time_us: now + 10 ** 12, kind: 'commit' }],
  ['unknown-kind', { did, time_us: timeUs, kind: 'novelty' }],
  ['unknown-kind', { did, time_us: timeUs, type: 'com', commit: {} }],
  ['unknown-kind', { did, time_us: timeUs, kind: 'toString' }],
  ['bad-body', { did, time_us: timeUs, kind: 'commit' }],
  ['bad-body', { did, time_us: timeUs, kind: 'identity', identity: { seq: 'x' } }],
  ['bad-body', { did, time_us: timeUs, kind: 'account', account: { seq: 1 } }],
])('%s: %j', (reason, message) => {
  expect(decode(message)).toMatchObject({ kind: 'rejected', reason })
})

test.each<[RejectReason, object]>([
  ['bad-collection', { collection: 7, operation: 'delete' }],
  ['bad-collection', { collection: '', operation: 'delete' }],
  ['bad-rkey', { rkey: 'x'.repeat(513), operation: 'delete' }],
  ['bad-rev', { rev: 'not-a-tid', operation: 'delete' }],
  ['unknown-operation', { operation: 'upsert' }],
  ['bad-record', { operation: 'create' }],
  ['bad-record', { operation: 'update', record: [] }],
])('%s in a commit: %j', (reason, body) => {
  expect(commit(body)).toMatchObject({ kind: 'rejected', reason, did })
})

test('nothing that JSON can say makes decoding throw', () => {
  const parts = fc.oneof(
    fc.json(),
    fc.constantFrom('{"toString":1,"valueOf":1}', '"commit"', '"identity"', '"x"'),
  )
  fc.assert(
    fc.property(parts, parts, parts, (kind, body, did) => {
      for (const text of [
        `{"did":"did:plc:x","time_us":5,"kind":${kind},"commit":${body},"identity":${body}}`,
        `{"did":${did},"time_us":5,"kind":${kind}}`,
        `{"$type":"message","payload":{"$type":${kind},"did":"did:plc:x","time":"2026-05-25T14:23:29Z","sync":${body}}}`,
        body,
      ]) {
        expect(() => decode(text)).not.toThrow()
      }
    }),
  )
})

test('keys that differ in lone surrogates only are refused: their ids would be one', () => {
  expect(decode(`{"did":"did:plc:\\ud800","time_us":5,"kind":"commit"}`)).toMatchObject({
    reason: 'bad-did',
  })
})
