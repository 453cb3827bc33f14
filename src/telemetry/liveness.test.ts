import { expect, test } from 'vitest'
import { createLiveness } from './liveness.ts'

const minuteMs = 60_000

function watched() {
  const at = { ms: 0, due: false }
  const liveness = createLiveness(() => at.ms)
  const progress = liveness.watch({ name: 'store', isDue: () => at.due })
  const isAlive = (ms: number) => {
    at.ms = ms
    return liveness.check().every(({ ok }) => ok)
  }
  return { at, progress, isAlive, liveness }
}

test('a stage without work is alive however long it is quiet', () => {
  const { isAlive } = watched()
  expect(isAlive(0)).toBe(true)
  expect(isAlive(600 * minuteMs)).toBe(true)
})

test('a stage that has work and does none for five minutes is stuck', () => {
  const { at, isAlive, liveness } = watched()
  at.due = true
  expect(isAlive(600 * minuteMs)).toBe(true)
  expect(isAlive(604 * minuteMs)).toBe(true)
  expect(isAlive(605 * minuteMs)).toBe(false)
  expect(liveness.check()).toEqual([
    { name: 'store', ok: false, detail: 'has had work for 300 s and got nothing done' },
  ])
})

test('progress, or waiting for something that is away, starts the time anew', () => {
  const { at, progress, isAlive } = watched()
  at.due = true
  isAlive(minuteMs)
  isAlive(5 * minuteMs)
  progress.made()
  expect(isAlive(9 * minuteMs)).toBe(true)
  at.due = false
  expect(isAlive(10 * minuteMs)).toBe(true)
  at.due = true
  expect(isAlive(12 * minuteMs)).toBe(true)
  expect(isAlive(16 * minuteMs)).toBe(true)
  expect(isAlive(17 * minuteMs)).toBe(false)
})

test('a stage that has ended is not missed', () => {
  const { at, progress, isAlive } = watched()
  at.due = true
  isAlive(minuteMs)
  progress[Symbol.dispose]()
  expect(isAlive(600 * minuteMs)).toBe(true)
})

test('what got something done in the last minute is not even asked', () => {
  const at = { ms: 0, asked: 0 }
  const liveness = createLiveness(() => at.ms)
  const isDue = () => {
    at.asked += 1
    return true
  }
  const progress = liveness.watch({ name: 'store', isDue })
  for (at.ms = 0; at.ms < 20 * minuteMs; at.ms += 10_000) {
    progress.made()
    liveness.check()
  }
  expect(at.asked).toBe(0)
})

test('a stage whose work takes longer is given its own time', () => {
  const at = { ms: 0 }
  const liveness = createLiveness(() => at.ms)
  using _progress = liveness.watch({
    name: 'maintenance',
    isDue: () => true,
    stuckMs: 60 * minuteMs,
  })
  const isAlive = (ms: number) => {
    at.ms = ms
    return liveness.check().every(({ ok }) => ok)
  }
  expect(isAlive(minuteMs)).toBe(true)
  expect(isAlive(60 * minuteMs)).toBe(true)
  expect(isAlive(61 * minuteMs)).toBe(false)
})
