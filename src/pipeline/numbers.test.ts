import { expect, test } from 'vitest'
import { formatBytes, formatCount, formatCoverage, formatSpan } from './numbers.ts'

test.each([
  [0, '0 bytes'],
  [512, '512 bytes'],
  [1_536, '1.5 KiB'],
  [150 * 1024 ** 2, '150 MiB'],
  [3 * 1024 ** 4, '3.0 TiB'],
  [2_000 * 1024 ** 4, '2000 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [3_210, '3.2 s'],
  [59_400, '59.4 s'],
  [61_000, '1 min 1 s'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
])('%d ms are %s', (ms, text) => {
  expect(formatSpan(ms)).toBe(text)
})

test('thousands are told apart', () => {
  expect(formatCount(1_234_567.4)).toBe('1,234,567')
})

test.each([
  [1, '100.00 %'],
  [0.999999, '99.99 %'],
  [0.57, '57.00 %'],
  [0.0044, '0.44 %'],
  [0, '0.00 %'],
])('a coverage of %d is %s: 100 %% means that nothing is missing', (ratio, text) => {
  expect(formatCoverage(ratio)).toBe(text)
})
