import { expect, test } from 'vitest'
import type { Position } from '../../event/frame.ts'
import { decideResume, defaultMargins, type ResumeQuestion } from './resume.ts'

const second = 1_000_000
const nowUs = 1_790_000_000 * second
const storedUs = nowUs - 60 * second
const stored: Position = { host: 'wss://a', wire: 'v2', seq: 500, timeUs: storedUs, epoch: 2 }
const question: ResumeQuestion = {
  position: stored,
  knownThroughUs: null,
  host: 'wss://a',
  narrow: false,
  nowUs,
  detour: null,
  margins: defaultMargins,
}

function resume(change: Partial<ResumeQuestion>) {
  return decideResume({ ...question, ...change })
}

test('the first start is at the live tip', () => {
  expect(resume({ position: null })).toMatchObject({ by: 'tip', cursor: null, gap: null })
})

test('a numbered host continues at the last number, on either wire', () => {
  expect(resume({})).toEqual({
    by: 'seq',
    cursor: 500,
    fromUs: storedUs,
    last: { seq: 500, timeUs: storedUs },
    gap: { reason: 'cursor-clamped', certain: false },
  })
  expect(resume({ position: { ...stored, wire: 'v1' } })).toMatchObject({ by: 'seq', cursor: 500 })
})

test('a legacy host continues by time, a few seconds earlier, and nothing counts as a repeat by number', () => {
  const position = { ...stored, wire: 'v1', seq: null } as const
  const cursor = storedUs - 5 * second
  expect(resume({ position })).toMatchObject({ by: 'time', cursor, fromUs: storedUs, last: null })
})

test('another host continues by time with a margin', () => {
  const cursor = storedUs - 10 * second
  expect(resume({ host: 'wss://b' })).toMatchObject({ by: 'time', cursor, last: null })
})

test.each([
  ['a number too large for one', { seq: 1e15 }],
  ['a number below the first', { seq: 0 }],
])('%s is not asked for', (_name, damage) => {
  expect(resume({ position: { ...stored, ...damage } })).toMatchObject({ by: 'time', last: null })
})

test.each([0, 5, Number.NaN, -1])('a position at time %d is none', (timeUs) => {
  expect(resume({ position: { ...stored, timeUs } })).toMatchObject({ by: 'tip', gap: null })
})

test('a time in the future asks from now: hosts would start at the tip without a word', () => {
  const position = { ...stored, timeUs: nowUs + 86_400 * second }
  const cursor = nowUs - 10 * second
  expect(resume({ position, host: 'wss://b' })).toMatchObject({ by: 'time', cursor })
})

test('too old a number goes on at the floor, and what lies between is lost for certain', () => {
  expect(resume({ detour: { by: 'floor', seq: 900, tries: 1 } })).toEqual({
    by: 'seq',
    cursor: 900,
    fromUs: storedUs,
    last: null,
    gap: { reason: 'cursor-too-old', certain: true },
  })
})

test('a rebuilt host is asked by time', () => {
  expect(resume({ detour: { by: 'time', gap: 'host-reset' } })).toMatchObject({
    by: 'time',
    cursor: storedUs - 10 * second,
    last: null,
    gap: { reason: 'host-reset', certain: false },
  })
})

test('the last way round is the live tip with a certain gap', () => {
  const gap = { reason: 'cursor-too-old', certain: true }
  expect(resume({ detour: { by: 'tip', gap: 'cursor-too-old' } })).toMatchObject({
    by: 'tip',
    fromUs: storedUs,
    gap,
  })
})

test('with few accounts wanted, an old number is replaced by how far one listened', () => {
  const position = { ...stored, timeUs: nowUs - 2 * 3600 * second }
  const knownThroughUs = nowUs - 30 * second
  const cursor = knownThroughUs - 10 * second
  expect(resume({ position, knownThroughUs, narrow: true })).toMatchObject({
    by: 'time',
    cursor,
    gap: null,
  })
  expect(resume({ position, knownThroughUs, narrow: false })).toMatchObject({
    by: 'seq',
    cursor: 500,
  })
  expect(resume({ position: stored, knownThroughUs, narrow: true })).toMatchObject({ by: 'seq' })
})

test('a connection lost before its first event continues from when it was last alive', () => {
  const knownThroughUs = nowUs - 30 * second
  const cursor = knownThroughUs - 10 * second
  expect(resume({ position: null, knownThroughUs })).toMatchObject({ by: 'time', cursor })
})
