import { expect, test } from 'vitest'
import { createRateMeter, type Sample } from './live-rate.ts'

const start = Date.parse('2026-07-04T14:00:55Z')
const minute = (ms: number) => Math.floor(ms / 60_000) * 60_000

/** A network with a steady 40 events and 5 posts a second since forever, seen at a moment. */
function steady(asOfMs: number, wallMs = asOfMs): Sample {
  const running = minute(asOfMs)
  const seconds = (asOfMs - running) / 1000
  return {
    wallMs,
    asOfMs,
    minutes: new Map([
      [running - 60_000, { events: 2_400, posts: 300 }],
      [running, { events: seconds * 40, posts: seconds * 5 }],
    ]),
  }
}

const rates = { eventsPerSecond: 40, postsPerSecond: 5 }

test('a steady network has a steady rate, from the first look and over the change of a minute', () => {
  const meter = createRateMeter()
  for (let second = 0; second < 30; second++) {
    const { eventsPerSecond, postsPerSecond } = meter.add(steady(start + second * 1000))
    expect(eventsPerSecond).toBeCloseTo(rates.eventsPerSecond, 6)
    expect(postsPerSecond).toBeCloseTo(rates.postsPerSecond, 6)
  }
})

test('while catching up, the rate is the network’s and not that of storing', () => {
  const meter = createRateMeter()
  meter.add(steady(start, start))
  expect(meter.add(steady(start + 50_000, start + 1_000)).eventsPerSecond).toBeCloseTo(40, 6)
})

test('when nothing comes any more the rate falls to zero within the window', () => {
  const meter = createRateMeter()
  for (let second = 0; second < 20; second++) meter.add(steady(start + second * 1000))
  const stuck = start + 19_000
  for (let second = 20; second < 26; second++) {
    expect(meter.add(steady(stuck, start + second * 1000)).eventsPerSecond).toBeCloseTo(40, 6)
  }
  expect(meter.add(steady(stuck, start + 30_000)).eventsPerSecond).toBe(0)
})

test('deletes that take records back never make it negative', () => {
  const meter = createRateMeter()
  const { asOfMs } = steady(start)
  meter.add({ wallMs: 0, asOfMs, minutes: new Map([[minute(asOfMs), { events: 9, posts: 9 }]]) })
  const later = asOfMs + 4_000
  const rate = meter.add({
    wallMs: 4_000,
    asOfMs: later,
    minutes: new Map([[minute(asOfMs), { events: 1, posts: 1 }]]),
  })
  expect(rate).toEqual({ eventsPerSecond: 0, postsPerSecond: 0 })
})

test('it asks for the minutes that the next sample is compared over', () => {
  const meter = createRateMeter()
  expect(meter.since()).toBeNull()
  for (let second = 0; second < 120; second++) meter.add(steady(start + second * 1000))
  expect(meter.since()).toBe(minute(start + 109_000))
})

test('what was stored long ago has no rate of now, not even at the first look', () => {
  const meter = createRateMeter()
  expect(meter.add(steady(start, start + 183 * 86_400_000)).eventsPerSecond).toBe(0)
})
