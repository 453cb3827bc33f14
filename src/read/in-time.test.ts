import { expect, test } from 'vitest'
import { inTime } from './in-time.ts'

test('what fails, or does not answer, is answered by something else', async () => {
  expect(await inTime(Promise.resolve(7), 60_000, null)).toBe(7)
  expect(await inTime(Promise.reject(new Error('away')), 60_000, null)).toBe(null)
  expect(await inTime(new Promise(() => undefined), 1, 'late')).toBe('late')
})
