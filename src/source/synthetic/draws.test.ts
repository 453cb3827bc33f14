import { expect, test } from 'vitest'
import { Draws } from './draws.ts'

const many = 20_000

test('the same place gives the same numbers, whatever was drawn before', () => {
  const draws = new Draws(1)
  const first = [draws.at(3, 4, 5).int32(), draws.int32(), draws.unit()]
  draws.at(9, 9, 9).unit()
  expect([draws.at(3, 4, 5).int32(), draws.int32(), draws.unit()]).toEqual(first)
  expect(new Draws(1).at(3, 4, 5).int32()).toBe(first[0])
})

test('places next to each other and other seeds give other numbers', () => {
  const seen = new Set<number>()
  for (const seed of [1, 2]) {
    const draws = new Draws(seed)
    for (let a = 0; a < 30; a++) {
      for (let b = 0; b < 30; b++) seen.add(draws.at(1, a, b).int32() * 2 ** 32 + draws.int32())
    }
  }
  expect(seen.size).toBe(2 * 30 * 30)
})

test('first numbers of consecutive places are spread evenly', () => {
  const draws = new Draws(7)
  const tenths = new Array<number>(10).fill(0)
  for (let i = 0; i < many; i++) {
    const tenth = Math.floor(draws.at(1, 1_700_000_000, i).unit() * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  for (const count of tenths) expect(Math.abs(count - many / 10)).toBeLessThan(200)
})

test.each([0.1, 3, 39, 41, 700])(
  'Poisson numbers of mean %d have that mean and variance',
  (mean) => {
    const draws = new Draws(5)
    let sum = 0
    let squares = 0
    for (let i = 0; i < many; i++) {
      const count = draws.at(2, i, 0).poisson(mean)
      sum += count
      squares += count * count
    }
    expect(Math.abs(sum / many / mean - 1)).toBeLessThan(0.08)
    expect(Math.abs((squares / many - (sum / many) ** 2) / mean - 1)).toBeLessThan(0.08)
  },
)
