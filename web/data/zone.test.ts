import { expect, test } from 'vitest'
import {
  dayAndTime,
  instantOfWallClock,
  isZone,
  offsetName,
  secondsOrDay,
  stretch,
  wallClockMs,
} from './zone.ts'

const utc = (text: string) => Date.parse(`${text}Z`)

test('a wall clock is read in its zone', () => {
  const ms = utc('2026-07-04T12:00')
  expect(wallClockMs(ms, 'Europe/Berlin')).toBe(utc('2026-07-04T14:00'))
  expect(wallClockMs(ms, 'Asia/Kathmandu')).toBe(utc('2026-07-04T17:45'))
  expect(instantOfWallClock(utc('2026-07-04T14:00'), 'Europe/Berlin')).toBe(ms)
})

test('clock changes neither lose nor invent instants', () => {
  // 2026-10-25 03:00 CEST becomes 02:00 CET.
  const before = utc('2026-10-25T00:30')
  const after = utc('2026-10-25T01:30')
  expect(wallClockMs(before, 'Europe/Berlin')).toBe(wallClockMs(after, 'Europe/Berlin'))
  expect([before, after]).toContain(instantOfWallClock(utc('2026-10-25T02:30'), 'Europe/Berlin'))
  // 2026-03-29 02:00 CET becomes 03:00 CEST: 02:30 does not exist, and still gives a time close by.
  const skipped = instantOfWallClock(utc('2026-03-29T02:30'), 'Europe/Berlin')
  expect(Math.abs(skipped - utc('2026-03-29T01:00'))).toBeLessThanOrEqual(3_600_000)
})

test('times are told with 24 hours, and days where they differ', () => {
  const ms = utc('2026-11-24T13:38')
  expect(dayAndTime(ms, 'Europe/Berlin')).toBe('Tue 24 Nov, 14:38')
  expect(stretch(ms, ms + 600_000, 'UTC')).toBe('Tue 24 Nov, 13:38–13:48')
  expect(stretch(utc('2026-11-24T23:00'), utc('2026-11-25T00:00'), 'UTC')).toBe(
    'Tue 24 Nov, 23:00–00:00',
  )
  expect(stretch(utc('2026-11-24T23:00'), utc('2026-11-25T01:00'), 'UTC')).toBe(
    'Tue 24 Nov, 23:00 – Wed 25 Nov, 01:00',
  )
})

test('zones have names and offsets', () => {
  expect(isZone('Europe/Berlin')).toBe(true)
  expect(isZone('Mars/Olympus')).toBe(false)
  const winter = utc('2026-01-10T12:00')
  expect(offsetName(winter, 'UTC')).toBe('UTC')
  expect(offsetName(winter, 'Europe/Berlin')).toBe('UTC+1')
  expect(offsetName(winter, 'America/St_Johns')).toBe('UTC−3:30')
})

test('a time that was not today comes with its day', () => {
  const now = utc('2026-07-04T01:00:00')
  expect(secondsOrDay(utc('2026-07-04T00:30:07'), now, 'UTC')).toBe('00:30:07')
  expect(secondsOrDay(utc('2026-07-03T23:30:07'), now, 'UTC')).toBe('Fri 3 Jul, 23:30:07')
  expect(secondsOrDay(utc('2026-07-03T23:30:07'), now, 'Europe/Berlin')).toBe('01:30:07')
  expect(secondsOrDay(utc('2020-07-04T00:30:07'), now, 'UTC')).toBe('Sat 4 Jul, 00:30:07')
})
