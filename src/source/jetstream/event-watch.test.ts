import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchEvents } from './event-watch.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('gives up once when no event comes for the limit, counted from the last one', () => {
  const giveUp = vi.fn()
  const watch = watchEvents(120_000, giveUp)
  for (let n = 0; n < 10; n++) {
    vi.advanceTimersByTime(100_000)
    watch.came()
  }
  vi.advanceTimersByTime(119_999)
  expect(giveUp).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2)
  expect(giveUp).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(600_000)
  expect(giveUp).toHaveBeenCalledOnce()
})

test('says nothing after it was stopped', () => {
  const giveUp = vi.fn()
  watchEvents(1_000, giveUp).stop()
  vi.advanceTimersByTime(10_000)
  expect(giveUp).not.toHaveBeenCalled()
})
