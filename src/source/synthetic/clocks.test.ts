import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTimeUs } from '../../event/time.ts'
import { createdAtMember, drawLagUs, isoMs } from './clocks.ts'
import { Draws } from './draws.ts'

test('the fast date is the built-in one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (us) => {
      expect(isoMs(us)).toBe(new Date(Math.floor(us / 1_000)).toISOString())
    }),
  )
})

test('one author in seven is ahead of the network, hardly any by more than 10 s', () => {
  const draws = new Draws(1)
  const lags = Array.from({ length: 20_000 }, (_, i) => drawLagUs(draws.at(1, i, 0)) / 1e6)
  const share = (holds: (lag: number) => boolean) => lags.filter(holds).length / lags.length
  expect(share((lag) => lag < 0)).toBeCloseTo(0.145, 1)
  expect(share((lag) => lag < -10)).toBeCloseTo(0.02, 1)
  expect(lags.toSorted((a, b) => a - b)[10_000]).toBeCloseTo(0.62, 1)
})

test('dates are RFC 3339 of several forms, a few years old, a few no dates', () => {
  const draws = new Draws(1)
  const nowUs = Date.UTC(2026, 6, 4) * 1_000
  const members = Array.from({ length: 50_000 }, (_, i) =>
    createdAtMember(nowUs, draws.at(1, i, 0)),
  )
  const texts = members.map((member) => /^"createdAt":"(.*)",$/.exec(member)?.[1] ?? '')
  const times = texts.map(readTimeUs).filter((us) => us !== null)
  expect(texts.length - times.length).toBeGreaterThan(0)
  expect(texts.length - times.length).toBeLessThan(30)
  expect(texts.some((text) => text.endsWith('+00:00'))).toBe(true)
  const old = times.filter((us) => nowUs - us > 86_400_000_000).length / times.length
  expect(old).toBeCloseTo(0.007, 2)
})
