import { expect, test } from 'vitest'
import type { Wire } from './frame.ts'
import { readNotice, readPlace } from './position.ts'

const did = 'did:plc:mcc5yghbk7tixqryac2yxku7'
const $type = 'network.bsky.jetstream.subscribeEvents'
const timeUs = 1_779_719_009_132_431
const time = '2026-05-25T14:23:29.132431Z'

function v1(fields: object): string {
  return JSON.stringify({ did, time_us: timeUs, ...fields })
}

function v2(payload: object, envelope: object = {}): string {
  return JSON.stringify({ $type: 'message', payload, ...envelope })
}

test.each<[name: string, wire: Wire, frame: string, place: object | null]>([
  ['v1 of a legacy host', 'v1', v1({ kind: 'identity' }), { seq: null, timeUs }],
  ['v1 of a v2 host', 'v1', v1({ cursor: 17, kind: 'account' }), { seq: 17, timeUs }],
  [
    'v1 with keys in another order',
    'v1',
    `{"kind":"commit","cursor":5,"time_us":${timeUs}}`,
    { seq: 5, timeUs },
  ],
  [
    'v1 with a DID longer than the head',
    'v1',
    `{"did":"did:web:${'a'.repeat(2000)}","time_us":${timeUs},"kind":"x"}`,
    { seq: null, timeUs },
  ],
  ['v1 with an unusable cursor', 'v1', v1({ cursor: -1, kind: 'commit' }), { seq: null, timeUs }],
  [
    'v1 with only a cursor',
    'v1',
    '{"did":"x","time_us":"soon","cursor":9}',
    { seq: 9, timeUs: null },
  ],
  [
    'v1 beyond the safe integers',
    'v1',
    '{"did":"d","time_us":9999999999999999,"kind":"commit"}',
    null,
  ],
  [
    'v1 cut off behind the head',
    'v1',
    `{"did":"d","time_us":${timeUs},"kind":"comm`,
    { seq: null, timeUs },
  ],
  ['v1 cut off before it', 'v1', '{"did":"did:plc:x","time_us":17797', null],
  [
    'v2 commit',
    'v2',
    v2({ $type: `${$type}#commit`, did, rkey: 'a', seq: 12, time }),
    { seq: 12, timeUs },
  ],
  [
    'v2 whose record ends like a payload',
    'v2',
    v2({ $type: `${$type}#commit`, seq: 12, time, x: { seq: 1, time } }),
    { seq: 12, timeUs },
  ],
  [
    'v2 sync, whose seq is not beside its time',
    'v2',
    v2({ $type: `${$type}#sync`, did, seq: 12, sync: { seq: 0, time: '' }, time }),
    { seq: 12, timeUs },
  ],
  ['v2 shorter than a head', 'v2', '{"$type":"message"}', null],
  [
    'v2 with keys in another order',
    'v2',
    v2({ time, did, seq: 12, $type: `${$type}#new` }),
    { seq: 12, timeUs },
  ],
  [
    'v2 without a time',
    'v2',
    v2({ $type: `${$type}#commit`, seq: 12, did, time: '' }),
    { seq: 12, timeUs: null },
  ],
  ['v2 without seq', 'v2', v2({ $type: `${$type}#commit`, did }), null],
  ['a v1 frame on v2', 'v2', v1({ kind: 'commit' }), null],
  ['an array', 'v1', '[]', null],
  ['a number', 'v2', '7', null],
  ['nothing', 'v1', '', null],
  ['own-key tricks', 'v1', `{"__proto__":{"time_us":1},"did":"d"}`, null],
])('reads the place of %s', (_name, wire, frame, place) => {
  expect(readPlace(Buffer.from(frame), wire)).toEqual(place)
})

test('survives a frame nested a million levels deep', () => {
  const frame = `{"did":"d","record":${'['.repeat(1_000_000)}`
  expect(readPlace(Buffer.from(frame), 'v1')).toBeNull()
})

test('reads notices and error frames, and nothing else as one', () => {
  const outdated = v2({ $type: `${$type}#info`, name: 'OutdatedCursor', message: 'starting at 5' })
  expect(readNotice(Buffer.from(outdated))).toEqual({
    kind: 'info',
    name: 'OutdatedCursor',
    message: 'starting at 5',
  })
  const error = '{"$type":"error","error":"ConsumerTooSlow"}'
  expect(readNotice(Buffer.from(error))).toEqual({
    kind: 'error',
    name: 'ConsumerTooSlow',
    message: '',
  })
  expect(readNotice(Buffer.from(v2({ $type: `${$type}#commit`, name: 'x' })))).toBeNull()
  expect(readNotice(Buffer.from('{'))).toBeNull()
})
