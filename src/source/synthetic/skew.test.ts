import { expect, test } from 'vitest'
import { createPowerLaw, createQuantiles, createRanking, createWeighted } from './skew.ts'

const units = Array.from({ length: 10_000 }, (_, i) => (i + 0.5) / 10_000)

test('ranks stay in range and come as often as their weight', () => {
  const rankOf = createRanking({ ranks: 100, slope: 0.9, offset: 0.5 })
  const ranks = units.map(rankOf)
  expect(Math.min(...ranks)).toBe(0)
  expect(Math.max(...ranks)).toBe(99)
  const weight = (rank: number) => (rank + 1.5) ** 0.1 - (rank + 0.5) ** 0.1
  const times = (rank: number) => ranks.filter((other) => other === rank).length
  expect(times(0) / times(9)).toBeCloseTo(weight(0) / weight(9), 0)
})

test('a ranking of few ranks ends with its last rank', () => {
  expect(createRanking({ ranks: 3, slope: 0.6, offset: 0 })(0.999_999)).toBe(2)
})

test('power law numbers follow n^-alpha up to the cap, and the mean is known', () => {
  const law = createPowerLaw({ from: 2, alpha: 2, cap: 50 })
  const numbers = units.map(law.draw)
  const times = (n: number) => numbers.filter((other) => other === n).length
  expect(Math.max(...numbers)).toBeLessThanOrEqual(50)
  expect(times(2) / times(4)).toBeCloseTo(4, 1)
  expect(numbers.reduce((sum, n) => sum + n, 0) / numbers.length).toBeCloseTo(law.mean, 1)
})

test('quantiles pass through the points of their table', () => {
  const quantile = createQuantiles(
    [
      [0, 1],
      [0.5, 100],
      [1, 10_000],
    ],
    'log',
  )
  expect([0, 0.25, 0.5, 0.75].map(quantile).map(Math.round)).toEqual([1, 10, 100, 1_000])
})

test('weighted choice follows the weights and never leaves the list', () => {
  const choose = createWeighted([1, 0, 3])
  const chosen = units.map(choose)
  expect([0, 1, 2].map((index) => chosen.filter((other) => other === index).length)).toEqual([
    2_500, 0, 7_500,
  ])
  expect(choose(1)).toBe(2)
})
