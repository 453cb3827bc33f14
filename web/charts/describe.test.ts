import { expect, test } from 'vitest'
import { formatCount } from '../data/format.ts'
import type { Bucket, Shape } from '../data/series.ts'
import { type DescribeOptions, describeBucket, describeShape } from './describe.ts'
import { seriesCsv } from './series-table.tsx'

const start = Date.parse('2026-07-04T14:00:00Z')

function bucket(index: number, values: readonly (number | null)[]): Bucket {
  const known = values.every((value) => value !== null)
  return {
    startMs: start + index * 60_000,
    endMs: start + (index + 1) * 60_000,
    state: known ? 'closed' : 'missing',
    values,
    total: known ? values.reduce<number>((sum, value) => sum + (value ?? 0), 0) : null,
    missingMs: known ? 0 : 60_000,
    heardMs: known ? 60_000 : 0,
  }
}

const shape: Shape = {
  keys: ['like', '=cmd()'],
  buckets: [bucket(0, [30, 10]), bucket(1, [60, 20]), bucket(2, [null, null])],
  gaps: [],
  fromMs: start,
  toMs: start + 180_000,
  asOfMs: start + 180_000,
  exclusive: true,
  level: false,
}

const options: DescribeOptions = {
  title: 'Events per minute',
  zone: 'UTC',
  looks: [
    { key: 'like', label: 'Likes', color: 'red' },
    { key: '=cmd()', label: 'Odd', color: 'blue' },
  ],
  stacked: true,
  format: formatCount,
}

test('a chart is one sentence about its span, its peak and its largest part', () => {
  expect(describeShape(shape, options)).toBe(
    '40 to 80, highest Sat 4 Jul, 14:01. Mostly Likes, 75%.',
  )
})

test('lines are described by the one that leads', () => {
  expect(describeShape(shape, { ...options, stacked: false })).toBe(
    'Likes leads: 30 to 60, highest Sat 4 Jul, 14:01.',
  )
})

test('a chart without a complete bucket says so', () => {
  expect(describeShape({ ...shape, buckets: [] }, options)).toMatch(/no complete bucket/)
})

test('one complete bucket is no course of things', () => {
  const one = { ...shape, buckets: shape.buckets.slice(1) }
  expect(describeShape(one, options)).toBe('80 in the one complete bucket, Sat 4 Jul, 14:01.')
})

test('what is not drawn is not described', () => {
  const [first, second] = shape.buckets
  const low = {
    ...bucket(2, [1, 1]),
    state: 'partial',
    missingMs: 20_000,
    heardMs: 40_000,
  } as const
  const buckets = [first, second, low].flatMap((bucket) => bucket ?? [])
  expect(describeShape({ ...shape, buckets }, options)).toMatch(/^40 to 80/)
})

test('a bucket says its numbers, or why it has none', () => {
  const [first, , missed] = shape.buckets
  expect(first && describeBucket(first, options)).toBe(
    'Sat 4 Jul, 14:00–14:01: total 40, Likes 30, Odd 10',
  )
  expect(missed && describeBucket(missed, options)).toBe('Sat 4 Jul, 14:02–14:03: not received')
})

test('a CSV keeps unknown empty and lets no key become a formula', () => {
  expect(seriesCsv(shape, options).split('\r\n')).toEqual([
    "start,end,state,like,'=cmd()",
    '2026-07-04T14:00:00.000Z,2026-07-04T14:01:00.000Z,closed,30,10',
    '2026-07-04T14:01:00.000Z,2026-07-04T14:02:00.000Z,closed,60,20',
    '2026-07-04T14:02:00.000Z,2026-07-04T14:03:00.000Z,missing,,',
  ])
})
