import { describe, expect, it, test } from 'vitest'
import {
  absoluteRange,
  comparableWindowOf,
  formatSpan,
  parseSpan,
  presetSince,
  presets,
  refreshMs,
  spanWords,
  windowOf,
  zoomOut,
} from './range.ts'

const now = Date.parse('2026-07-04T14:38:07.400Z')
const hour = { kind: 'relative', seconds: 3600 } as const

describe('parseSpan', () => {
  it.each([
    ['90m', 5400],
    ['6h', 21_600],
    [' 6 H ', 21_600],
    ['last 2 days', 172_800],
    ['1.5h', 5400],
    ['1w', 604_800],
    ['30 min', 1800],
    ['day', 86_400],
  ])('reads %j', (text, seconds) => {
    expect(parseSpan(text)).toBe(seconds)
  })

  it.each(['', 'm5', '0m', '30s', '401d', '5 months', '5 mist', 'tomorrow', '-5m', '1e3m'])(
    'refuses %j',
    (text) => {
      expect(parseSpan(text)).toBeNull()
    },
  )

  it('reads back what formatSpan writes', () => {
    for (const seconds of [60, 900, 3600, 5400, 86_400, 172_800, 604_800, 2_592_000])
      expect(parseSpan(formatSpan(seconds))).toBe(seconds)
  })
})

test('a span reads as words', () => {
  expect([3600, 5400, 86_400, 604_800, 60].map(spanWords)).toEqual([
    'hour',
    '90 minutes',
    '24 hours',
    '7 days',
    'minute',
  ])
})

test('a relative window ends on the 5 s grid, and never in the future', () => {
  const { fromMs, toMs } = windowOf(hour, now)
  expect(new Date(toMs).toISOString()).toBe('2026-07-04T14:38:05.000Z')
  expect(toMs - fromMs).toBe(3_600_000)
})

test('a short window to compare ends with the last minute that is surely stored', () => {
  expect(new Date(comparableWindowOf(hour, now).toMs).toISOString()).toBe(
    '2026-07-04T14:38:00.000Z',
  )
  const early = Date.parse('2026-07-04T14:38:02Z')
  expect(new Date(comparableWindowOf(hour, early).toMs).toISOString()).toBe(
    '2026-07-04T14:37:00.000Z',
  )
  const day = { kind: 'relative', seconds: 86_400 } as const
  expect(comparableWindowOf(day, now)).toEqual(windowOf(day, now))
})

describe('absoluteRange', () => {
  it('orders its ends and widens them to whole minutes', () => {
    const a = Date.parse('2026-07-04T14:10:59Z')
    const b = Date.parse('2026-07-04T14:02:01Z')
    expect(absoluteRange(a, b)).toEqual({
      kind: 'absolute',
      fromMs: Date.parse('2026-07-04T14:02:00Z'),
      toMs: Date.parse('2026-07-04T14:11:00Z'),
    })
  })

  it('is at least a minute and at most 400 days long', () => {
    expect(absoluteRange(now, now)).toMatchObject({ kind: 'absolute' })
    expect(absoluteRange(0, 0)).toEqual({ kind: 'absolute', fromMs: 0, toMs: 60_000 })
    expect(absoluteRange(0, 401 * 86_400_000)).toBeNull()
    expect(absoluteRange(Number.NaN, 0)).toBeNull()
  })
})

describe('zoomOut', () => {
  it('goes to the next longer preset', () => {
    expect(zoomOut(hour, now)).toEqual({ kind: 'relative', seconds: 21_600 })
    expect(zoomOut({ kind: 'relative', seconds: 5400 }, now)).toMatchObject({ seconds: 21_600 })
    const longest = presets[presets.length - 1]?.seconds ?? 0
    expect(zoomOut({ kind: 'relative', seconds: longest }, now)).toMatchObject({ seconds: longest })
  })

  it('doubles an absolute range around its middle, and does not reach into the future', () => {
    const past = {
      kind: 'absolute',
      fromMs: now - 10 * 3_600_000,
      toMs: now - 9 * 3_600_000,
    } as const
    expect(zoomOut(past, now)).toEqual(
      absoluteRange(past.fromMs - 1_800_000, past.toMs + 1_800_000),
    )
    const recent = { kind: 'absolute', fromMs: now - 3_600_000, toMs: now } as const
    const wider = zoomOut(recent, now)
    expect(wider).toEqual(absoluteRange(now - 7_200_000, now))
  })
})

test('the standard range is as short as what was received', () => {
  expect(presetSince(now - 120_000, now)).toEqual({ kind: 'relative', seconds: 900 })
  expect(presetSince(now - 2 * 3_600_000, now)).toEqual({ kind: 'relative', seconds: 21_600 })
  expect(presetSince(now - 90 * 86_400_000, now)).toEqual({ kind: 'relative', seconds: 2_592_000 })
})

test('a closed range is never asked for again, a running one at most every 5 s', () => {
  expect(refreshMs({ kind: 'absolute', fromMs: 0, toMs: 60_000 })).toBeNull()
  expect(refreshMs(hour)).toBe(5000)
  expect(refreshMs({ kind: 'relative', seconds: 86_400 })).toBe(10_000)
  expect(refreshMs({ kind: 'relative', seconds: 2_592_000 })).toBe(60_000)
})
