import { expect, test } from 'vitest'
import type { activeAccounts } from '#contract/active-accounts.ts'
import type { ResponseOf } from '#contract/endpoint.ts'
import { accountsKey, activityShape } from './activity-series.ts'
import { activityNote } from './chart-choice.ts'
import { drawnGaps } from './drawn.ts'

const hour = 3_600_000
const start = Date.parse('2026-07-04T12:00:00Z')
const at = (hours: number) => new Date(start + hours * hour).toISOString()

const answer: ResponseOf<typeof activeAccounts> = {
  from: at(0),
  to: at(4),
  asOf: at(3.5),
  counted: 'counts',
  coverage: { ratio: 0.8, gaps: [{ from: at(1), to: at(1.7), reason: 'offline' }] },
  synthetic: false,
  interval: 'hour',
  tz: 'UTC',
  starts: [0, 1, 2, 3].map((n) => (start + n * hour) / 1000),
  accounts: [900, 300, 950, 500],
  previous: [null, null, null, null],
  estimated: false,
  open: true,
}

test('accounts are one series whose running hour is open and whose missed hour has no number', () => {
  const shape = activityShape(answer, start + 3.5 * hour)
  expect(shape).toMatchObject({ keys: [accountsKey], exclusive: true, level: false })
  expect(shape.buckets.map(({ state, total }) => [state, total])).toEqual([
    ['closed', 900],
    ['missing', null],
    ['closed', 950],
    ['open', 500],
  ])
  expect(drawnGaps(shape)).toEqual([
    { fromMs: start + hour, toMs: start + 2 * hour, reason: 'offline' },
  ])
})

test.each([
  [900, 'hour', /kept by the clock hour/],
  [86_400, 'hour', /once in each hour it/],
  [1_209_600, '3h', /once in each 3-hour stretch it/],
  [2_592_000, 'day', /once in each day it/],
] as const)('a range of %i s says what its buckets are', (seconds, interval, expected) => {
  expect(activityNote(interval, { kind: 'relative', seconds })).toMatch(expected)
})
