import { expect, test } from 'vitest'
import { extremes, weekHours } from './week-hours.ts'

const item = (key: string, count: number) => ({
  key,
  count,
  previous: null,
  change: null,
  authors: null,
  handle: null,
})
/** Wednesday to Thursday a week later. */
const answer = {
  from: '2026-07-01T00:00:00Z',
  to: '2026-07-10T00:00:00Z',
  asOf: '2026-07-09T12:30:00Z',
  coverage: { ratio: 0.9, gaps: [] },
  items: [item('3-10', 40), item('5-10', 30), item('4-12', 15)],
}

test('an hour that came twice is told by what it has at a time', () => {
  const hours = weekHours(answer)
  expect(hours[2]?.[10]).toEqual({ key: '3-10', rate: 20 })
  expect(hours[4]?.[10]).toEqual({ key: '5-10', rate: 30 })
  // Once whole, once half of it so far.
  expect(hours[3]?.[12]).toEqual({ key: '4-12', rate: 10 })
  expect(extremes(hours)).toMatchObject({ most: { key: '5-10' }, least: { rate: 0 } })
})

test('an hour that was not received is unknown, and counts for nothing where it came again', () => {
  const gaps = [{ from: '2026-07-01T10:00:00Z', to: '2026-07-03T11:00:00Z', reason: 'offline' }]
  const hours = weekHours({ ...answer, coverage: { ratio: 0.7, gaps } })
  expect(hours[2]?.[10]?.rate).toBe(40)
  expect(hours[4]?.[10]?.rate).toBeNull()
  expect(extremes(weekHours({ ...answer, asOf: null }))).toBeNull()
})
