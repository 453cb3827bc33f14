import { describe, expect, it, test } from 'vitest'
import { timeTicks, valueTicks } from './ticks.ts'

const utc = (text: string) => Date.parse(`${text}Z`)

test('ticks are round times of the zone, and midnights are days', () => {
  const ticks = timeTicks(utc('2026-11-23T15:17'), utc('2026-11-24T15:17'), 'Europe/Berlin', 9)
  expect(ticks.map((tick) => tick.label)).toEqual([
    '18:00',
    '21:00',
    '24 Nov',
    '03:00',
    '06:00',
    '09:00',
    '12:00',
    '15:00',
  ])
})

test('ticks stay in order when clocks change', () => {
  for (const day of ['2026-03-29', '2026-10-25']) {
    const from = utc(`${day}T00:00`) - 3_600_000
    const ticks = timeTicks(from, from + 6 * 3_600_000, 'Europe/Berlin', 12)
    const times = ticks.map((tick) => tick.ms)
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
    expect(times.length).toBeGreaterThan(5)
  }
})

it.each([900, 3600, 86_400, 604_800, 2_592_000, 34_560_000])(
  'a range of %i s has some ticks and not too many',
  (seconds) => {
    const to = utc('2026-11-24T15:17')
    const ticks = timeTicks(to - seconds * 1000, to, 'UTC', 10)
    expect(ticks.length).toBeGreaterThan(2)
    expect(ticks.length).toBeLessThanOrEqual(11)
  },
)

describe('valueTicks', () => {
  it.each([
    [451, [0, 100, 200, 300, 400, 500]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [17_734, [0, 5000, 10_000, 15_000, 20_000]],
  ])('covers a count of %i with round whole numbers', (max, ticks) => {
    expect(valueTicks(max, true)).toEqual(ticks)
  })

  it('covers parts of one', () => {
    expect(valueTicks(0.52, false)).toEqual([0, 0.2, 0.4, 0.6])
  })

  it('has a scale for nothing', () => {
    expect(valueTicks(0, true)).toEqual([0, 1])
  })
})
