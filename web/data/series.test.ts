import { describe, expect, test } from 'vitest'
import type { ResponseOf } from '#contract/endpoint.ts'
import type { timeseries } from '#contract/timeseries.ts'
import { drawnGaps, runsOf } from './drawn.ts'
import { asShares, notYet, onlyKey, perSecond, restKey, shapeSeries } from './series.ts'

type Answer = ResponseOf<typeof timeseries>

const start = Date.parse('2026-07-04T14:00:00Z')
const minute = 60_000
const at = (minutes: number) => new Date(start + minutes * minute).toISOString()

/** Five minutes of likes and posts, the last of them running, up to 14:04:30. */
function answer(part: Partial<Answer> = {}): Answer {
  return {
    from: at(0),
    to: at(5),
    asOf: at(4.5),
    counted: 'counts',
    coverage: { ratio: 1, gaps: [] },
    synthetic: true,
    dimension: 'collection',
    interval: 'minute',
    tz: 'UTC',
    starts: [0, 1, 2, 3, 4].map((n) => start / 1000 + n * 60),
    series: { post: [6, 6, 6, 6, 3], like: [60, 60, 60, 60, 30] },
    authors: null,
    rest: [0, 0, 6, 0, 0],
    open: true,
    ...part,
  }
}

const gap = (from: number, to: number, reason = 'connection-lost') => ({
  coverage: { ratio: 0.5, gaps: [{ from: at(from), to: at(to), reason }] },
})
const now = start + 4.6 * minute

test('the largest series comes first, everything else last', () => {
  const shape = shapeSeries(answer(), now)
  expect(shape.keys).toEqual(['like', 'post', restKey])
  expect(shape.buckets[2]).toMatchObject({ values: [60, 6, 6], total: 72, state: 'closed' })
  expect(shape.exclusive).toBe(true)
})

test('a rest of nothing is no series', () => {
  expect(shapeSeries(answer({ rest: [0, 0, 0, 0, 0] }), now).keys).toEqual(['like', 'post'])
})

test('keys that overlap are not stacked', () => {
  expect(shapeSeries(answer({ rest: null }), now).exclusive).toBe(false)
})

test('the running bucket knows how much of it has passed', () => {
  const shape = shapeSeries(answer(), now)
  expect(shape.buckets[4]).toMatchObject({ state: 'open', heardMs: 30_000 })
  // As a rate it is not lower for being short.
  expect(perSecond(shape).buckets.map((bucket) => bucket.values[0])).toEqual([1, 1, 1, 1, 1])
})

describe('what was missed is never zero and never joined', () => {
  test('a bucket that was missed for half of its time or more has no number', () => {
    const shape = shapeSeries(answer(gap(1, 2.5)), now)
    expect(shape.buckets.map((bucket) => bucket.state)).toEqual([
      'closed',
      'missing',
      'missing',
      'closed',
      'open',
    ])
    expect(shape.buckets[1]).toMatchObject({ values: [null, null, null], total: null })
    expect(runsOf(shape).map((run) => run.length)).toEqual([1, 1])
  })

  test('a bucket that lacks less keeps its number, and a count of it is not drawn as a fall', () => {
    const shape = shapeSeries(answer(gap(1.2, 1.5)), now)
    expect(shape.buckets[1]).toMatchObject({ state: 'partial', missingMs: 18_000 })
    expect(shape.buckets[1]?.total).toBe(66)
    expect(runsOf(shape).map((run) => run.length)).toEqual([1, 2])
    // A rate is right all the same.
    expect(runsOf(perSecond(shape)).map((run) => run.length)).toEqual([4])
  })

  test('a gap is drawn over the whole of what it hides', () => {
    const shape = shapeSeries(answer(gap(1.2, 2.5)), now)
    expect(drawnGaps(shape)).toEqual([
      { fromMs: start + minute, toMs: start + 3 * minute, reason: 'connection-lost' },
    ])
  })

  test('two gaps that overlap are not counted twice', () => {
    const overlapping = {
      ratio: 0.9,
      gaps: [
        { from: at(1), to: at(1.2), reason: 'a' },
        { from: at(1.1), to: at(1.3), reason: 'b' },
      ],
    }
    const shape = shapeSeries(answer({ coverage: overlapping }), now)
    expect(shape.buckets[1]?.missingMs).toBe(18_000)
  })

  test('what has not been received yet is a gap up to now', () => {
    const late = answer({
      asOf: at(2.5),
      starts: [0, 1, 2].map((n) => start / 1000 + n * 60),
      series: { like: [60, 60, 30] },
      rest: null,
      open: true,
    })
    expect(shapeSeries(late, now).gaps).toEqual([
      { fromMs: start + 3 * minute, toMs: now, reason: notYet },
    ])
  })

  test('the future is not missing', () => {
    const ahead = answer({ to: at(60) })
    expect(shapeSeries(ahead, now).gaps).toEqual([])
  })
})

test('before the first event nothing is known', () => {
  const shape = shapeSeries(answer({ asOf: null, starts: [], series: {}, rest: null }), now)
  expect(shape).toMatchObject({ keys: [], buckets: [], gaps: [], asOfMs: null })
})

test('a day ends where the next begins, also when clocks change', () => {
  const days = ['2026-10-24T22:00Z', '2026-10-25T23:00Z'].map((day) => Date.parse(day) / 1000)
  const shape = shapeSeries(
    answer({ interval: 'day', starts: days, series: { like: [1, 1] }, rest: null }),
    now,
  )
  const [first] = shape.buckets
  expect(((first?.endMs ?? 0) - (first?.startMs ?? 0)) / 3_600_000).toBe(25)
})

test('one key alone is its own total', () => {
  const shape = onlyKey(shapeSeries(answer(), now), 'post')
  expect(shape.keys).toEqual(['post'])
  expect(shape.buckets[0]).toMatchObject({ values: [6], total: 6 })
})

test('shares are parts of the whole, and unknown where the whole is', () => {
  const parts = shapeSeries(answer({ rest: null }), now)
  const whole = shapeSeries(
    answer({ series: { post: [120, 0, 120, 120, 60] }, rest: null, ...gap(2, 3) }),
    now,
  )
  expect(asShares(parts, whole).buckets.map((bucket) => bucket.values[0])).toEqual([
    0.5,
    null,
    null,
    0.5,
    0.5,
  ])
})
