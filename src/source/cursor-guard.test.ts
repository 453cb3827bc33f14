import { expect, test } from 'vitest'
import { defaultTolerances, judgeFirstEvent, RepeatFilter } from './cursor-guard.ts'
import type { Resume } from './resume.ts'

const second = 1_000_000
const hour = 3_600 * second
const nowUs = 1_790_000_000 * second
const storedUs = nowUs - 2 * hour
const suspected = { reason: 'cursor-clamped', certain: false } as const

const bySeq: Resume = {
  by: 'seq',
  cursor: 500,
  fromUs: storedUs,
  last: { seq: 500, timeUs: storedUs },
  gap: suspected,
}
const byTime: Resume = {
  by: 'time',
  cursor: storedUs - 10 * second,
  fromUs: storedUs,
  last: null,
  gap: suspected,
}
const tip: Resume = { by: 'tip', cursor: null, fromUs: null, last: null, gap: null }

interface Case {
  resume?: Resume
  seq?: number | null
  laterUs?: number
  wire?: 'v1' | 'v2'
  narrow?: boolean
  clockUs?: number
}

function judge({ resume = bySeq, seq = 500, laterUs = 0, ...context }: Case) {
  const { wire = 'v2', narrow = false, clockUs = nowUs } = context
  const first = { seq, timeUs: storedUs + laterUs }
  return judgeFirstEvent(resume, first, {
    wire,
    narrow,
    nowUs: clockUs,
    tolerances: defaultTolerances,
  })
}

test.each<[name: string, is: Case]>([
  ['the event of the cursor itself', {}],
  ['the next number, where the event itself was compacted away', { seq: 503, laterUs: second }],
  ['a first start', { resume: tip, seq: 9, laterUs: -hour }],
  ['an overlap by time', { resume: byTime, laterUs: -9 * second }],
  ['a late event of few accounts, v2', { seq: 900, laterUs: hour, narrow: true }],
  [
    'a late event of few accounts, young cursor, v1',
    { seq: 900, laterUs: hour, narrow: true, wire: 'v1' },
  ],
  [
    'a late event where lateness means nothing',
    { resume: { ...byTime, gap: null }, laterUs: hour },
  ],
  [
    'the floor, where nothing lies between',
    {
      resume: { ...bySeq, last: null, gap: { reason: 'cursor-too-old', certain: true } },
      laterUs: 0,
    },
  ],
])('%s continues', (_name, is) => {
  expect(judge(is)).toEqual({ kind: 'continues' })
})

test.each<[name: string, is: Case]>([
  ['a number before the one asked for', { seq: 3, laterUs: 2 * hour }],
  ['no number at all: the host is a legacy one now', { seq: null }],
  ['the same number at another time', { laterUs: 90 * second }],
  ['a later number at a much earlier time', { seq: 600, laterUs: -2 * hour }],
  ['a leap in time on v2, which would have refused an old cursor', { seq: 600, laterUs: hour }],
])('%s is another sequence', (_name, is) => {
  expect(judge(is)).toEqual({ kind: 'reset' })
})

test.each<[name: string, reason: string, is: Case]>([
  [
    'v1 moved an old number to its floor',
    'cursor-clamped',
    { seq: 900, laterUs: hour, wire: 'v1' },
  ],
  [
    'a time was moved to the oldest event',
    'cursor-clamped',
    { resume: byTime, seq: null, laterUs: hour },
  ],
  [
    'an old cursor of few accounts',
    'cursor-clamped',
    { resume: byTime, laterUs: hour, narrow: true, clockUs: nowUs + 30 * hour },
  ],
  [
    'a rebuilt host has later events only',
    'host-reset',
    { resume: { ...byTime, gap: { reason: 'host-reset', certain: false } }, laterUs: hour },
  ],
  [
    'the host said so, however small it is',
    'cursor-too-old',
    {
      resume: { ...bySeq, last: null, gap: { reason: 'cursor-too-old', certain: true } },
      seq: 700,
      laterUs: 5,
    },
  ],
])('%s: a gap', (_name, reason, is) => {
  const toUs = storedUs + (is.laterUs ?? 0)
  expect(judge(is)).toEqual({ kind: 'gap', reason, fromUs: storedUs, toUs })
})

test('a host that starts at its active segment only costs time', () => {
  expect(judge({ resume: byTime, laterUs: -hour })).toEqual({
    kind: 'rewound',
    byUs: hour - 10 * second,
  })
})

test('drops what a number says was received, and only that', () => {
  const repeats = new RepeatFilter(500)
  expect([500, 501, 501, 503].map((seq) => repeats.check(seq))).toEqual([
    'repeat',
    'new',
    'repeat',
    'new',
  ])
})

test('drops nothing of a connection that was resumed by time', () => {
  expect(new RepeatFilter(null).check(1)).toBe('new')
})

test('does not swallow a whole stream as repeats', () => {
  const repeats = new RepeatFilter(1e9)
  const verdicts = Array.from({ length: 101 }, (_, seq) => repeats.check(seq + 1))
  expect(verdicts.at(99)).toBe('repeat')
  expect(verdicts.at(100)).toBe('stuck')
})
