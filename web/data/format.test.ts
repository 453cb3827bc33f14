import { expect, test } from 'vitest'
import {
  describeChange,
  formatAgo,
  formatCompact,
  formatCount,
  formatCoverage,
  formatDuration,
  formatPercent,
  formatRate,
  formatTick,
} from './format.ts'

test('unknown is a dash, and zero is zero', () => {
  expect([formatCount(null), formatCompact(undefined), formatRate(Number.NaN)]).toEqual([
    '—',
    '—',
    '—',
  ])
  expect([formatCount(0), formatCompact(0), formatRate(0)]).toEqual(['0', '0', '0'])
})

test('numbers are as short as their place needs', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567')
  expect(formatCompact(84_912)).toBe('84,912')
  expect(formatCompact(1_432_100)).toBe('1.43M')
  expect(formatRate(0.0214)).toBe('0.021')
  expect(formatRate(4.67)).toBe('4.7')
  expect(formatRate(2310.4)).toBe('2,310')
  expect(formatTick(2500)).toBe('2,500')
  expect(formatTick(25_000)).toBe('25K')
})

test('durations have one unit', () => {
  expect([1234, 48_000, 14 * 60_000, 3 * 3_600_000, 50 * 3_600_000].map(formatDuration)).toEqual([
    '1.2 s',
    '48 s',
    '14 min',
    '3 h',
    '2 d',
  ])
  expect(formatDuration(-5)).toBe('0.0 s')
})

test('ago counts whole seconds', () => {
  expect([200, 1200, 12_900, 180_000].map(formatAgo)).toEqual([
    'now',
    '1 s ago',
    '12 s ago',
    '3 min ago',
  ])
})

test('almost complete is not complete', () => {
  expect(formatCoverage(1)).toBe('100%')
  expect(formatCoverage(0.99999)).toBe('99.9%')
  expect(formatCoverage(0)).toBe('0%')
})

test('percentages lose their digit from 10 on', () => {
  expect([0.0423, 0.42, 0.0001, 0, -0.053].map(formatPercent)).toEqual([
    '4.2%',
    '42%',
    '<0.1%',
    '0%',
    '5.3%',
  ])
})

test('a change has words beside its arrow', () => {
  expect(describeChange(104, 100)).toEqual({ direction: 'up', text: '4%', words: 'up 4%' })
  expect(describeChange(90, 100)).toMatchObject({ direction: 'down', words: 'down 10%' })
  expect(describeChange(100, 100)).toMatchObject({ direction: 'same', words: 'unchanged' })
  expect(describeChange(5, 0)).toBeNull()
  expect(describeChange(5, null)).toBeNull()
  expect(describeChange(null, 5)).toBeNull()
})
