import { expect, test } from 'vitest'
import { lagMsOf, lagOf } from './lag.ts'

const nothing = { nextOffset: null, timeUs: null }
const stored = { nextOffset: 7, timeUs: 4_000_000 }

test('what waits is what lies before the end, never less than nothing', () => {
  expect(lagOf(nothing, 10)).toBe(10)
  expect(lagOf(stored, 10)).toBe(3)
  expect(lagOf(stored, 5)).toBe(0)
})

test('where nothing waits there is no lag however old the newest event is', () => {
  expect(lagMsOf(stored, 0, 10_000)).toBe(0)
  expect(lagMsOf(stored, 3, 10_000)).toBe(6_000)
  expect(lagMsOf(stored, null, 3_000)).toBe(0)
  expect(lagMsOf(nothing, 3, 10_000)).toBeNull()
})
