import { expect, test } from 'vitest'
import type { Ending } from './ending.ts'
import { type Attempt, describeGivingUp, drawLesson } from './lesson.ts'
import type { Rejection } from './rejection.ts'

const host = {
  speaks: null,
  dictionary: null,
  refusedDictionaryId: null,
  plain: false,
  limitSize: false,
}
const attempt: Attempt = {
  ending: { kind: 'closed', code: 1006, reason: '' },
  wire: 'v2',
  dictionaryId: 7,
  helloSent: false,
  hadEvents: false,
  host,
  detour: null,
  autoWire: true,
}

function learn(ending: Ending, change: Partial<Attempt> = {}) {
  return drawLesson({ ...attempt, ...change, ending })
}

function refused(rejection: Rejection): Ending {
  return { kind: 'rejected', rejection }
}

test.each<Ending>([
  { kind: 'unreachable', message: 'ECONNREFUSED' },
  { kind: 'closed', code: 1001, reason: 'server shutting down' },
  { kind: 'closed', code: 1008, reason: '' },
  { kind: 'silent', quietMs: 45_000 },
  { kind: 'no-events', quietMs: 120_000 },
  { kind: 'error-frame', name: 'InternalError', message: '' },
  { kind: 'unreadable' },
])('$kind: again after a wait', (ending) => {
  expect(learn(ending)).toEqual({ next: 'back-off', atLeastMs: 0 })
})

test('a refused message of filters ends the source, unless events had come', () => {
  const ending: Ending = { kind: 'closed', code: 1008, reason: 'invalid wantedDids' }
  expect(learn(ending, { helloSent: true }).next).toBe('give-up')
  expect(learn(ending, { helloSent: true, hadEvents: true }).next).toBe('back-off')
  const normal: Ending = { kind: 'closed', code: 1000, reason: '' }
  expect(learn(normal, { helloSent: true }).next).toBe('back-off')
})

test('an old cursor tries the floor three times, then the time, then the tip', () => {
  const ending = refused({ kind: 'too-old', floor: 90 })
  const detours: unknown[] = []
  let detour: Attempt['detour'] = null
  for (let i = 0; i < 5; i++) {
    const lesson = learn(ending, { detour })
    if (lesson.next === 'at-once') detour = lesson.detour ?? null
    detours.push(detour)
  }
  expect(detours).toEqual([
    { by: 'floor', seq: 90, tries: 1 },
    { by: 'floor', seq: 90, tries: 2 },
    { by: 'floor', seq: 90, tries: 3 },
    { by: 'time', gap: 'cursor-too-old' },
    { by: 'tip', gap: 'cursor-too-old' },
  ])
})

test('a missing v2 is learned only where the wire is open and the host never spoke it', () => {
  const ending = refused({ kind: 'no-endpoint', status: 404 })
  expect(learn(ending)).toEqual({ next: 'at-once', host: { speaks: 'v1' } })
  expect(learn(ending, { autoWire: false }).next).toBe('back-off')
  expect(learn(ending, { wire: 'v1' }).next).toBe('back-off')
  expect(learn(ending, { host: { ...host, speaks: 'v2' } }).next).toBe('back-off')
})

test('an unknown dictionary is fetched again once', () => {
  const ending = refused({ kind: 'unknown-dictionary' })
  expect(learn(ending)).toMatchObject({ host: { refusedDictionaryId: 7, dictionary: null } })
  const again = { host: { ...host, refusedDictionaryId: 7 } }
  expect(learn(ending, again)).toMatchObject({ host: { plain: true } })
})

test('an oversize message limits the next connection, and costs a wait if that did not help', () => {
  expect(learn({ kind: 'oversize' })).toMatchObject({ next: 'at-once', host: { limitSize: true } })
  const limited = { host: { ...host, limitSize: true } }
  expect(learn({ kind: 'oversize' }, limited).next).toBe('back-off')
})

test('a busy host names its own wait', () => {
  const ending = refused({ kind: 'busy', message: 'HTTP 429', retryAfterMs: 7_000 })
  expect(learn(ending)).toEqual({ next: 'back-off', atLeastMs: 7_000 })
})

test('says what has to change where asking again is pointless', () => {
  const ending = refused({ kind: 'invalid', message: 'bad NSID' })
  expect(learn(ending).next).toBe('give-up')
  expect(describeGivingUp('wss://a', ending)).toBe(
    'wss://a refused the request: bad NSID. The filters or the wire setting have to change.',
  )
})
