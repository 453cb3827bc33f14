import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTid, isTid, readRkeyMs, readTidHalves, readTidUs } from './tid.ts'

test('reads the microseconds of a real TID', () => {
  expect(readTidUs('3mptbypdwpm2h')).toBe(1_783_175_887_254_194)
})

test('the halves are the 64-bit number, and order as the text does', () => {
  const tid = fc
    .tuple(fc.integer({ min: 0, max: 2 ** 53 - 1 }), fc.integer({ min: 0, max: 1023 }))
    .map(([us, clock]) => formatTid(us, clock))
  const number = (text: string) => {
    const { high, low } = readTidHalves(text)
    return BigInt(high) * 2n ** 32n + BigInt(low)
  }
  fc.assert(
    fc.property(tid, tid, (a, b) => {
      expect(isTid(a)).toBe(true)
      expect(number(a) < number(b)).toBe(a < b)
    }),
  )
  expect(number(formatTid(1, 1))).toBe(1025n)
})

test.each([
  '',
  '3mptbypdwpm2',
  '3mptbypdwpm2h2',
  '0mptbypdwpm2h',
  'zmptbypdwpm2h',
  '3mptbypdwpmé2',
])('%j is no TID', (text) => {
  expect(isTid(text)).toBe(false)
  expect(readTidUs(text)).toBeNull()
  expect(readRkeyMs(text)).toBe(0)
})
