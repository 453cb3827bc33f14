import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

const limits = { firstMs: 250, capMs: 30_000 }

test('the limit doubles with each failure up to the cap', () => {
  const waits = [0, 1, 2, 6, 7, 1000].map((failures) => backoffMs(failures, limits, () => 0.9999))
  expect(waits).toEqual([249, 499, 999, 15_998, 29_997, 29_997])
})

test('the jitter is full: a wait may be as short as nothing', () => {
  expect(backoffMs(9, limits, () => 0)).toBe(0)
})
