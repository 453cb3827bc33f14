import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startWatchdog } from './watchdog.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function watch() {
  const ask = vi.fn()
  const giveUp = vi.fn()
  const peer = { bytes: 0 }
  const bytesReceived = () => peer.bytes
  const watchdog = startWatchdog({ silenceMs: 30_000, pongMs: 15_000, bytesReceived, ask, giveUp })
  return { watchdog, ask, giveUp, peer }
}

test('asks after the silence and gives up when no answer comes', () => {
  const { ask, giveUp } = watch()
  vi.advanceTimersByTime(29_999)
  expect(ask).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(ask).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(14_999)
  expect(giveUp).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2)
  expect(giveUp).toHaveBeenCalledOnce()
  expect(giveUp.mock.lastCall?.[0]).toBeGreaterThanOrEqual(45_000)
  vi.advanceTimersByTime(600_000)
  expect(giveUp).toHaveBeenCalledOnce()
})

test('an idle peer that answers pings is never given up', () => {
  const { watchdog, ask, giveUp } = watch()
  ask.mockImplementation(() => setTimeout(() => watchdog.alive(), 14_000))
  vi.advanceTimersByTime(3_600_000)
  expect(giveUp).not.toHaveBeenCalled()
  expect(ask.mock.calls.length).toBeGreaterThan(50)
})

test('a message that is still arriving is a sign of life', () => {
  const { ask, giveUp, peer } = watch()
  ask.mockImplementation(() => setTimeout(() => peer.bytes++, 10_000))
  vi.advanceTimersByTime(600_000)
  expect(giveUp).not.toHaveBeenCalled()
})

test('an answer that waits unread behind a stall of this process counts', () => {
  const { giveUp, peer } = watch()
  // At the very moment of the deadline, and read only after the timers have run.
  setTimeout(() => setImmediate(() => peer.bytes++), 45_000)
  vi.advanceTimersByTime(50_000)
  expect(giveUp).not.toHaveBeenCalled()
})

test('asks nothing of a busy peer', () => {
  const { watchdog, ask } = watch()
  for (let i = 0; i < 100; i++) {
    vi.advanceTimersByTime(5_000)
    watchdog.alive()
  }
  expect(ask).not.toHaveBeenCalled()
  expect(watchdog.quietMs()).toBe(0)
})

test('does nothing once stopped', () => {
  const { watchdog, ask, giveUp } = watch()
  watchdog.stop()
  vi.advanceTimersByTime(600_000)
  expect([ask, giveUp].some((called) => called.mock.calls.length > 0)).toBe(false)
})
