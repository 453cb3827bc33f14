import { expect, test } from 'vitest'
import { languages } from './languages.ts'
import { createRhythm } from './rhythm.ts'

const rhythm = createRhythm(languages)
const day = Date.UTC(2026, 6, 4) / 1_000
const hours = Array.from({ length: 24 }, (_, hour) => day + hour * 3_600)

/** Share of a language at a moment. */
function share(tag: string, second: number): number {
  const units = Array.from({ length: 2_000 }, (_, i) => (i + 0.5) / 2_000)
  const index = languages.findIndex((language) => language.tag === tag)
  return (
    units.filter((unit) => rhythm.language(Math.floor(second / 300), unit) === index).length / 2_000
  )
}

test('a day has a mean of 1 and swings by about half', () => {
  const activity = hours.map(rhythm.activity)
  expect(activity.reduce((sum, value) => sum + value, 0) / 24).toBeCloseTo(1, 2)
  expect(Math.min(...activity)).toBeGreaterThan(0.4)
  expect(Math.min(...activity)).toBeLessThan(0.7)
  expect(Math.max(...activity)).toBeGreaterThan(1.3)
  expect(Math.max(...activity)).toBeLessThan(1.6)
})

test('it is smooth: no minute differs from the next by more than a percent', () => {
  for (let second = day; second < day + 86_400; second += 60) {
    expect(Math.abs(rhythm.activity(second) - rhythm.activity(second + 60))).toBeLessThan(0.01)
  }
})

test('at the hour of measurement languages have their measured shares', () => {
  const measured = day + 15 * 3_600 + 40 * 60
  expect(share('en', measured)).toBeCloseTo(0.746, 1)
  expect(share('ja', measured)).toBeCloseTo(0.0666, 1)
  expect(share('pt', measured)).toBeCloseTo(0.0437, 1)
})

test('Japanese weighs most in the Japanese evening, English in the American day', () => {
  const most = (tag: string) => hours.map((second) => share(tag, second)).reduce(indexOfMost, 0)
  expect(most('ja')).toBeGreaterThanOrEqual(6)
  expect(most('ja')).toBeLessThanOrEqual(14)
  expect(share('ja', day + 11 * 3_600)).toBeGreaterThan(2 * share('ja', day + 20 * 3_600))
  expect(share('en', day + 20 * 3_600)).toBeGreaterThan(share('en', day + 9 * 3_600))
})

function indexOfMost(best: number, value: number, index: number, values: number[]): number {
  return value > (values[best] ?? 0) ? index : best
}
