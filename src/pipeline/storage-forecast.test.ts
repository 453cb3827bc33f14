import { expect, test } from 'vitest'
import type { Partition } from '../store/space/retention-partitions.ts'
import { dayOf } from './retention-rules.ts'
import { bytesAfter, bytesPerEvent, daysUntil, type Growth } from './storage-forecast.ts'

const nowMs = Date.UTC(2026, 10, 26, 12)
const today = dayOf(nowMs)
const days = {
  RETENTION_POSTS_DAYS: 0,
  RETENTION_RECORDS_DAYS: 3,
  RETENTION_MINUTES_DAYS: 0,
  RETENTION_HOURS_DAYS: 0,
  RETENTION_AUTHORS_DAYS: 0,
}

function record(firstDay: number, bytes: number): Partition {
  const table = 'bluesky_record'
  return { table, name: `${table}_${firstDay}`, firstDay, endDay: firstDay + 1, bytes, rows: 1 }
}

const growth: Growth = {
  usedBytes: 1_000,
  partitions: [record(today - 3, 100), record(today - 2, 100), record(today - 1, 100)],
  perDay: new Map([
    ['bluesky_record', 100],
    ['bluesky_post', 10],
  ]),
  kept: new Map([['bluesky_record', 3]]),
  days,
}

test('what is dropped every day makes room for what is added', () => {
  expect(bytesAfter(growth, 0, nowMs)).toBe(1_000)
  expect(bytesAfter(growth, 1, nowMs)).toBe(1_000 + 10)
  expect(bytesAfter(growth, 2, nowMs)).toBe(1_000 + 20)
  expect(bytesAfter(growth, 100, nowMs)).toBe(1_000 + 1_000)
})

test('days left are told in parts of a day, 0 where the limit is reached, and not at all where it never is', () => {
  expect(daysUntil(growth, 1_015, nowMs)).toBeCloseTo(1.5)
  expect(daysUntil(growth, 900, nowMs)).toBe(0)
  const steady = { ...growth, perDay: new Map([['bluesky_record', 100]]) }
  expect(daysUntil(steady, 1_001, nowMs)).toBeNull()
})

test('bytes of an event come from the newest full days, or from today where there is none', () => {
  const events = new Map([
    [today - 2, 10],
    [today - 1, 20],
    [today, 5],
  ])
  const partitions = [record(today - 2, 9_999), record(today - 1, 400), record(today, 50)]
  const of = (list: Partition[], n = 1) => bytesPerEvent(list, events, { nowMs, days: n })
  expect(of(partitions)).toBe(20)
  expect(of(partitions, 2)).toBe(10_399 / 30)
  expect(of(partitions.slice(2))).toBe(10)
  expect(of([record(today + 1, 8)])).toBeNull()
})
