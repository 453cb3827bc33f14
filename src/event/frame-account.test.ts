import { expect, test } from 'vitest'
import { readFrameAccount } from './frame-account.ts'

const did = 'did:plc:hqvhxrowqbemo5e4wjnj6zao'
const other = 'did:plc:ux2eeflheratfrvp3xfbp4zi'

test.each([
  [
    'a v1 commit',
    'v1',
    `{"did":"${did}","time_us":1,"kind":"commit","commit":{"record":{"did":"${other}"}}}`,
  ],
  [
    'a v1 frame with its keys in another order',
    'v1',
    `{"kind":"commit","did":"${did}","time_us":1}`,
  ],
  [
    'a v2 commit with sorted keys',
    'v2',
    `{"$type":"message","payload":{"$type":"x#commit","cid":"c","collection":"a.b.c","did":"${did}","operation":"create","record":{"did":"${other}"}}}`,
  ],
  [
    'a v2 frame whose record comes first',
    'v2',
    `{"$type":"message","payload":{"$type":"x#commit","record":{"did":"${other}"},"did":"${did}"}}`,
  ],
  [
    'a v2 frame with seq first',
    'v2',
    `{"$type":"message","payload":{"$type":"x#identity","seq":1,"did":"${did}","time":"t"}}`,
  ],
  ['an escaped DID', 'v1', `{"did":"did:plc:\\u0068qvhxrowqbemo5e4wjnj6zao"}`],
] as const)('names the account of %s', (_, wire, frame) => {
  expect(readFrameAccount(Buffer.from(frame), wire)).toBe(did)
})

test.each(['', 'not json', '{}', 'null', '{"did":7}', '{"payload":null}', '"text"', '{"did":""}'])(
  'names nobody for %j',
  (frame) => {
    expect(readFrameAccount(Buffer.from(frame), 'v1')).toBeNull()
    expect(readFrameAccount(Buffer.from(frame), 'v2')).toBeNull()
  },
)
