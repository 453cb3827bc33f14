import { expect, test } from 'vitest'
import { defaultTolerances, judgeFirstEvent, RepeatFilter } from './cursor-guard.ts'
import type { Resume } from './resume.ts'

const second = 1_000_000
const hour = 3_600 * second
const nowUs = 1_790_000_000 * second
const storedUs = nowUs - 2 * hour
const suspected = { reason: 'cursor-clamped', certain: false } as const
const tooOld = { reason: 'cursor-too-old', certain: true } as const

const bySeq: Resume = {
  by: 'seq',
  cursor: 500,
  fromUs: storedUs,
  last: { seq: 500, timeUs: storedUs },
  gap: suspected,
}
const atFloor: Resume = { ...bySeq, cursor: 700, last: null, gap: tooOld }
const byTime: Resume = {
  by: 'time',
  cursor: storedUs - 10 * second,
  fromUs: storedUs,
  last: null,
  gap: suspected,
}
const afterReset: Resume = { ...byTime, gap: { reason: 'host-reset', certain: false } }
const tip: Resume = { by: 'tip', cursor: null, fromUs: null, last: null, gap: null }

interface Case {
  resume?: Resume
  seq?: number | null
  laterUs?: number
  wire?: 'v1' | 'v2'
  narrow?: boolean
  /** How long ago the stored event was. */
  agoUs?: number
}

function judge(is: Case) {
  const { resume = bySeq, seq = 500, laterUs = 0, wire = 'v2', narrow = false, agoUs = hour } = is
  const context = { wire, narrow, nowUs: storedUs + agoUs, tolerances: defaultTolerances }
  return judgeFirstEvent(resume, { seq, timeUs: storedUs + laterUs }, context)
}

test.each<[name: string, is: Case]>([
  ['the event of the cursor', {}],
  ['the event of the cursor, where the stored time is a later event’s', { laterUs: -second }],
  ['a first start', { resume: tip, seq: 9, laterUs: -hour }],
  ['an overlap by time', { resume: byTime, laterUs: -9 * second }],
  ['a pause of the network', { resume: byTime, laterUs: 59 * second }],
  [
    'a late event of few accounts, v2, which says when it moves a cursor',
    { resume: byTime, laterUs: hour, narrow: true, agoUs: 30 * hour },
  ],
  [
    'a late event of few accounts, young cursor, v1',
    { resume: byTime, laterUs: hour, narrow: true, wire: 'v1' },
  ],
  [
    'a late event where lateness means nothing',
    { resume: { ...byTime, gap: null }, laterUs: hour },
  ],
  ['the floor, where nothing lies between', { resume: atFloor, seq: 700 }],
])('%s continues', (_name, is) => {
  expect(judge(is)).toEqual({ kind: 'continues' })
})

test.each<[name: string, is: Case, reason?: string]>([
  ['a number before the one asked for', { seq: 3, laterUs: 2 * hour }],
  ['no number at all: the host is a legacy one now', { seq: null }],
  ['the same number a little later: given again after a crash', { laterUs: 1 }],
  ['the same number at a much earlier time', { laterUs: -2 * hour }],
  ['the next number: the event was lost in a crash, or compacted', { seq: 501, laterUs: second }],
  ['a leap on v2, which would have refused an old cursor', { seq: 600, laterUs: hour }],
  [
    'a leap on v1, which moves an old cursor without a word',
    { seq: 600, laterUs: hour, wire: 'v1' },
    'cursor-clamped',
  ],
])('%s is not the place asked for', (_name, is, reason = 'host-reset') => {
  expect(judge(is)).toEqual({ kind: 'reset', reason })
})

test.each<[name: string, reason: string, is: Case]>([
  ['the oldest event', 'cursor-clamped', { resume: byTime, seq: null, laterUs: hour }],
  [
    'an old cursor of few accounts, v1',
    'cursor-clamped',
    { resume: byTime, laterUs: hour, narrow: true, wire: 'v1', agoUs: 30 * hour },
  ],
  ['a rebuilt host', 'host-reset', { resume: afterReset, laterUs: hour }],
  [
    'a rebuilt host, few accounts, v1',
    'host-reset',
    { resume: afterReset, laterUs: hour, narrow: true, wire: 'v1' },
  ],
  ['a host that said so', 'cursor-too-old', { resume: atFloor, seq: 700, laterUs: 5 }],
])('events are missing before %s (%s)', (_name, reason, is) => {
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
  const verdicts = [500, 501, 501, 503].map((seq) => repeats.check(seq))
  expect(verdicts).toEqual(['repeat', 'new', 'repeat', 'new'])
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
