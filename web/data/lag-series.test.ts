import { expect, test } from 'vitest'
import { runsOf } from './drawn.ts'
import { lagShape } from './lag-series.ts'

const now = 1_783_000_000_000

test('a silence of the stream is a gap, not a line', () => {
  const points = [10, 9, 8, 4, 3, 2, 1].map((s) => ({ atMs: now - s * 1000, lagMs: 1500 }))
  const shape = lagShape(points, now)
  expect(runsOf(shape).map((run) => run.length)).toEqual([3, 4])
  expect(shape.gaps.map((gap) => gap.reason)).toEqual(['page not open', 'no signal'])
  expect(shape.buckets[0]).toMatchObject({ values: [1.5] })
})

test('a lag that is not known has no value', () => {
  const shape = lagShape([{ atMs: now - 1000, lagMs: null }], now)
  expect(shape.buckets[0]).toMatchObject({ state: 'missing', total: null })
})
