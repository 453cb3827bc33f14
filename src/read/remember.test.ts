import { expect, test } from 'vitest'
import { remember } from './remember.ts'

test('who asks meanwhile gets the same answer, and failures are not kept', async () => {
  const at = { ms: 0, asked: 0, fails: false }
  const ask = remember(
    1_000,
    () => at.ms,
    async () => {
      at.asked += 1
      if (at.fails) throw new Error('away')
      return at.asked
    },
  )
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1])
  at.ms = 999
  expect(await ask()).toBe(1)
  at.ms = 1_000
  at.fails = true
  await expect(ask()).rejects.toThrow('away')
  at.fails = false
  expect(await ask()).toBe(3)
})
