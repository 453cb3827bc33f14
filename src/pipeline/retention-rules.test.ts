import { expect, test } from 'vitest'
import type { Partition } from '../store/space/retention-partitions.ts'
import { dayOf, daysKept, expendable, tooOld } from './retention-rules.ts'

const nowMs = Date.UTC(2026, 10, 26, 12)
const today = dayOf(nowMs)
const days = {
  RETENTION_POSTS_DAYS: 0,
  RETENTION_RECORDS_DAYS: 10,
  RETENTION_MINUTES_DAYS: 35,
  RETENTION_HOURS_DAYS: 400,
  RETENTION_AUTHORS_DAYS: 20,
}

function partition(table: string, daysAgo: number, span = 1): Partition {
  const endDay = today - daysAgo + 1
  return { table, name: `${table}_${daysAgo}`, firstDay: endDay - span, endDay, bytes: 1, rows: 1 }
}

const namesOf = (partitions: readonly Partition[]) => partitions.map(({ name }) => name)

test('a partition is too old when its last day is, and never where everything is kept', () => {
  const partitions = [
    ...[9, 10, 11, 12].map((ago) => partition('bluesky_record', ago)),
    partition('bluesky_post', 5_000),
    partition('count_hour', 390, 31),
    partition('count_hour', 401, 31),
    partition('count_minute', 36),
  ]
  expect(namesOf(tooOld(partitions, days, nowMs))).toEqual([
    'bluesky_record_11',
    'bluesky_record_12',
    'count_hour_401',
    'count_minute_36',
  ])
})

test('activity by day is kept for two months at least, or for ever', () => {
  expect(daysKept('author_day', days)).toBe(62)
  expect(daysKept('author_day', { ...days, RETENTION_AUTHORS_DAYS: 100 })).toBe(100)
  expect(daysKept('author_day', { ...days, RETENTION_AUTHORS_DAYS: 0 })).toBe(0)
})

test('to make room rows go by day, records before posts, then details; never counts, never today', () => {
  const partitions = [
    ...[0, 1, 2].flatMap((ago) => [
      partition('bluesky_post', ago),
      partition('bluesky_record', ago),
    ]),
    ...[0, 2, 3, 4].flatMap((ago) => [
      partition('author_key', ago),
      partition('count_minute', ago),
    ]),
    partition('count_hour', 300, 31),
    partition('author_day', 300, 31),
  ]
  expect(namesOf(expendable(partitions, nowMs))).toEqual([
    'bluesky_record_2',
    'bluesky_post_2',
    'bluesky_record_1',
    'bluesky_post_1',
    'author_key_4',
    'count_minute_4',
    'author_key_3',
    'count_minute_3',
  ])
})
