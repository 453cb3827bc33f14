import fc from 'fast-check'
import { expect, test } from 'vitest'
import { minuteRuns, type Span } from './minute-runs.ts'

const minute = 60_000_000
const span = (from: number, to: number): Span => ({ fromUs: from * minute, toUs: to * minute })
const shown = (...args: Parameters<typeof minuteRuns>) =>
  minuteRuns(...args).map(
    ({ fromMs, toMs, state }) => `${fromMs / 60_000}-${toMs / 60_000} ${state}`,
  )

test('what was listened to without a gap is one run', () => {
  expect(shown(span(0, 100), [], [])).toEqual(['0-100 complete'])
})

test('the minutes in which listening began and has come to are received in part', () => {
  expect(shown(span(0.5, 9.25), [], [])).toEqual(['0-1 partial', '1-9 complete', '9-10 partial'])
})

test('a gap is a gap where it covers the minute, and makes it partial where it does not', () => {
  expect(shown(span(0, 10), [span(2.5, 5.1)], [])).toEqual([
    '0-2 complete',
    '2-3 partial',
    '3-5 gap',
    '5-6 partial',
    '6-10 complete',
  ])
})

test('a gap that was filled leaves its minutes replayed, except where another is open', () => {
  expect(shown(span(0, 10), [span(4, 5)], [span(2.5, 5.1)])).toEqual([
    '0-2 complete',
    '2-4 replayed',
    '4-5 gap',
    '5-6 replayed',
    '6-10 complete',
  ])
})

test('two gaps that make up a minute between them leave nothing of it', () => {
  expect(shown(span(0, 3), [span(1, 1.4), span(1.3, 2)], [])).toEqual([
    '0-1 complete',
    '1-2 gap',
    '2-3 complete',
  ])
})

test('runs say the same of every minute as looking at each by itself', () => {
  const tenths = fc.integer({ min: -50, max: 350 }).map((n) => n / 10)
  const spans = fc.array(
    fc.tuple(tenths, tenths).map(([a, b]) => span(Math.min(a, b), Math.max(a, b))),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(spans, spans, (missing, filled) => {
      const runs = minuteRuns(span(0, 30), missing, filled)
      for (let n = 0; n < 30; n++) {
        const parts = Array.from({ length: 10 }, (_, tenth) => (n + (tenth + 0.5) / 10) * minute)
        const inside = (us: number) => (one: Span) => one.fromUs <= us && us < one.toUs
        const lost = parts.filter((us) => missing.some(inside(us))).length
        const again = parts.some((us) => filled.some(inside(us)))
        const expected =
          lost === 10 ? 'gap' : lost > 0 ? 'partial' : again ? 'replayed' : 'complete'
        const run = runs.find(({ fromMs, toMs }) => fromMs <= n * 60_000 && n * 60_000 < toMs)
        expect(run?.state).toBe(expected)
      }
    }),
  )
})
