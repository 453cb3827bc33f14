import { expect, test } from 'vitest'
import {
  formatId,
  parseId,
  readAtUri,
  recordId,
  subjectId,
  timedId,
  userId,
  uuidFloor,
} from './ids.ts'

const did = 'did:plc:olddpd7kjwh4gmjw7llf2eej'

test('ids are UUIDs of version 8', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  expect(formatId(userId(did))).toMatch(uuid)
  expect(formatId(recordId(did, 'app.bsky.feed.like', '3mptbypdnwe2h'))).toMatch(uuid)
})

test('a record id begins with the milliseconds of its TID and sorts by them', () => {
  const ms = 1_783_175_887_245
  const id = formatId(recordId(did, 'app.bsky.feed.like', '3mptbypdnwe2h'))
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(ms)
  expect(id > uuidFloor(ms)).toBe(true)
  expect(id < uuidFloor(ms + 1)).toBe(true)
})

test.each(['self', 'did:plc:abc::did:web:x', '2222222222222', 'zzzzzzzzzzzzz'])(
  'the rkey %s, no TID of a sane date, gives an id of time zero',
  (rkey) => {
    expect(formatId(recordId(did, 'a.b.c', rkey)).startsWith('00000000-0000-8')).toBe(true)
  },
)

test('an AT-URI names the row of its record', () => {
  const uri = `at://${did}/app.bsky.feed.post/3mptbypdnwe2h`
  expect(subjectId(uri)).toBe(recordId(did, 'app.bsky.feed.post', '3mptbypdnwe2h'))
})

test.each([
  'at://alice.example/app.bsky.feed.post/3mptbypdnwe2h',
  'at://did:plc:x',
  'at://did:plc:x/app.bsky.feed.post',
  'at://did:plc:x/app.bsky.feed.post/a/b',
  'at://did:plc:x//a',
  'https://bsky.app/',
  '',
])('%j names no record', (uri) => {
  expect(readAtUri(uri)).toBeNull()
})

test('an id survives its text form', () => {
  const id = timedId(1_783_175_887_245, 'key')
  expect(parseId(formatId(id))).toBe(id)
})
