import { expect, test } from 'vitest'
import { LegacyRepeats } from './legacy-repeats.ts'

const a = Buffer.from('a')
const b = Buffer.from('b')

test('tells a repeat by its bytes, within the overlap after a reconnect only', () => {
  const repeats = new LegacyRepeats(100)
  expect(repeats.isRepeat(a, 1000)).toBe(false)
  expect(repeats.isRepeat(a, 1000)).toBe(false)
  repeats.reconnected()
  expect(repeats.isRepeat(a, 1000)).toBe(true)
  expect(repeats.isRepeat(b, 1000)).toBe(false)
  expect(repeats.isRepeat(b, 1001)).toBe(false)
})

test('a frame without a time counts as one of the overlap until a newer event comes', () => {
  const repeats = new LegacyRepeats(100)
  repeats.isRepeat(a, 1000)
  repeats.isRepeat(b, null)
  repeats.reconnected()
  expect(repeats.isRepeat(b, null)).toBe(true)
  repeats.isRepeat(a, 1001)
  expect(repeats.isRepeat(b, null)).toBe(false)
})

test('forgets what is older than the window', () => {
  const repeats = new LegacyRepeats(100)
  repeats.isRepeat(a, 1000)
  repeats.isRepeat(b, 1200)
  repeats.reconnected()
  expect(repeats.isRepeat(a, 1000)).toBe(false)
})
