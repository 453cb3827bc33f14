import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coverageOf, type Listening } from './coverage.ts'

const minute = 60_000_000
const at = (n: number) => new Date((n * minute) / 1000).toISOString()
const range = { fromMs: 0, toMs: 100 * 60_000 }

function listening(parts: Partial<Listening> = {}): Listening {
  return {
    asOfUs: 100 * minute,
    synthetic: false,
    stretches: [{ source: 'a', fromUs: 0, toUs: 100 * minute }],
    gaps: [],
    ...parts,
  }
}

const gap = (from: number, to: number, reason = 'offline', source = 'a') => ({
  source,
  fromUs: from * minute,
  toUs: to * minute,
  reason,
})

test('what was listened to without a gap is complete', () => {
  expect(coverageOf(listening(), range)).toEqual({ ratio: 1, gaps: [], receivedMs: 6_000_000 })
})

test('nothing is missing after the newest event, and nothing received where all is after it', () => {
  const half = listening({
    asOfUs: 50 * minute,
    stretches: [{ source: 'a', fromUs: 25 * minute, toUs: 50 * minute }],
  })
  expect(coverageOf(half, range)).toMatchObject({
    ratio: 0.5,
    gaps: [{ from: at(0), to: at(25), reason: 'not-recorded' }],
  })
  expect(coverageOf(half, { fromMs: 60 * 60_000, toMs: 70 * 60_000 })).toMatchObject({ ratio: 0 })
  expect(coverageOf(listening({ asOfUs: null, stretches: [] }), range)).toMatchObject({ ratio: 0 })
})

test('gaps that touch for one reason are one, and each reason is told', () => {
  const { gaps, ratio } = coverageOf(
    listening({ gaps: [gap(10, 20), gap(15, 30), gap(30, 40, 'host-reset')] }),
    range,
  )
  expect(gaps).toEqual([
    { from: at(10), to: at(30), reason: 'offline' },
    { from: at(30), to: at(40), reason: 'host-reset' },
  ])
  expect(ratio).toBe(0.7)
})

test('what one source missed and another received is not missing', () => {
  const stretches = [
    { source: 'a', fromUs: 0, toUs: 100 * minute },
    { source: 'b', fromUs: 20 * minute, toUs: 50 * minute },
  ]
  const gaps = [gap(10, 30), gap(40, 60, 'offline', 'b')]
  expect(coverageOf(listening({ stretches, gaps }), range).gaps).toEqual([
    { from: at(10), to: at(20), reason: 'offline' },
  ])
})

test('between two runs nothing was recorded', () => {
  const stretches = [
    { source: 'file:1', fromUs: 0, toUs: 20 * minute },
    { source: 'a', fromUs: 80 * minute, toUs: 100 * minute },
  ]
  expect(coverageOf(listening({ stretches }), range)).toMatchObject({
    ratio: 0.4,
    gaps: [{ from: at(20), to: at(80), reason: 'not-recorded' }],
  })
})

test('the fifty longest gaps are told, all of them are counted', () => {
  const gaps = Array.from({ length: 60 }, (_, n) => ({
    source: 'a',
    fromUs: n * minute,
    toUs: n * minute + 1_000_000 * (n < 10 ? 1 : 2),
    reason: 'offline',
  }))
  const covered = coverageOf(listening({ gaps }), range)
  expect(covered.gaps).toHaveLength(50)
  expect(covered.gaps[0]?.from).toBe(at(10))
  expect(covered.receivedMs).toBe(6_000_000 - 10_000 - 100_000)
})

test('almost complete is not complete', () => {
  const gaps = [{ source: 'a', fromUs: 5, toUs: 6, reason: 'offline' }]
  expect(coverageOf(listening({ gaps }), range).ratio).toBeLessThan(1)
})

test('what a bounded scan did not look at is missing', () => {
  const covered = coverageOf(listening({ gaps: [gap(10, 20)] }), range, 25 * 60_000)
  expect(covered.gaps).toEqual([{ from: at(0), to: at(25), reason: 'not-scanned' }])
  expect(covered.ratio).toBe(0.75)
})

test('the ratio is the same as counting minutes one by one', () => {
  const part = fc.record({
    from: fc.integer({ min: -20, max: 110 }),
    length: fc.integer({ min: 1, max: 60 }),
  })
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 4 }),
      fc.array(part, { maxLength: 6 }),
      (heard, missed) => {
        const stretches = heard.map(({ from, length }, index) => ({
          source: `s${index % 2}`,
          fromUs: from * minute,
          toUs: (from + length) * minute,
        }))
        const gaps = missed.map(({ from, length }, index) =>
          gap(from, from + length, 'x', `s${index % 2}`),
        )
        let received = 0
        for (let n = 0; n < 100; n++) {
          const holds = ({ fromUs, toUs }: { fromUs: number; toUs: number }) =>
            fromUs <= n * minute && n * minute < toUs
          const heardBy = stretches.filter(holds).map(({ source }) => source)
          const missedBy = gaps.filter(holds).map(({ source }) => source)
          if (heardBy.some((source) => !missedBy.includes(source))) received += 1
        }
        const covered = coverageOf(listening({ stretches, gaps }), range)
        expect(covered.receivedMs).toBe(received * 60_000)
      },
    ),
  )
})
