import { expect, test } from 'vitest'
import { describePeople, type People, peopleShape } from './people-series.ts'

const day = 86_400_000
const start = Date.parse('2026-07-01T00:00:00Z')
const at = (days: number) => new Date(start + days * day).toISOString()

const answer: People = {
  from: at(0),
  to: at(4),
  asOf: at(3.5),
  counted: 'counts',
  coverage: { ratio: 0.9, gaps: [{ from: at(0), to: at(0.4), reason: 'not-recorded' }] },
  synthetic: false,
  starts: [0, 1, 2, 3].map((days) => (start + days * day) / 1000),
  received: [0.6, 1, 1, 1],
  daily: [60, 100, 110, 70],
  weekly: [null, null, 300, 310],
  monthly: [null, null, 440, 450],
  stickiness: [null, null, 0.25, null],
  new: [null, 20, 10, 5],
  returning: [null, 80, 100, 65],
  posters: [10, 20, 20, 10],
  likers: [50, 80, 90, 60],
  reposters: [5, 10, 10, 5],
  followers: [1, 2, 3, 4],
  others: [1, 2, 3, 4],
  since: at(0.4),
  computedAt: at(3.4),
  open: true,
}

test('a week that is unknown leaves the day beside it known', () => {
  const shape = peopleShape(answer, 'active', start + 3.5 * day)
  expect(shape.keys).toEqual(['daily', 'weekly', 'monthly'])
  expect(shape.buckets.map(({ state, values }) => [state, ...values])).toEqual([
    ['partial', 60, null, null],
    ['closed', 100, null, null],
    ['closed', 110, 300, 440],
    ['open', 70, 310, 450],
  ])
})

test('new and returning are stacked only where both are known', () => {
  const shape = peopleShape(answer, 'new', start + 3.5 * day)
  expect(shape.exclusive).toBe(true)
  expect(shape.buckets.map(({ total }) => total)).toEqual([null, 100, 110, 70])
})

test('a day that was not received has no numbers', () => {
  const gaps = [{ from: at(1), to: at(2), reason: 'offline' }]
  const missed = { ...answer, coverage: { ratio: 0.7, gaps } }
  expect(peopleShape(missed, 'doing', start + 3.5 * day).buckets[1]).toMatchObject({
    state: 'missing',
    values: [null, null, null, null],
    total: null,
  })
})

test('the newest whole day is told in a sentence', () => {
  expect(describePeople(answer)).toBe(
    '110 accounts on Fri 3 Jul, 10 of them new, 25% of the 440 of 30 days.',
  )
  expect(describePeople({ ...answer, received: [0.6, 0.9, 0.9, 1] })).toBeNull()
})
