import { expect, test } from 'vitest'
import type { Bucket, BucketState, Shape } from '../data/series.ts'
import { maxOf, toRows } from './points.ts'

function shapeOf(states: readonly BucketState[], many = false): Shape {
  const buckets = states.map((state, index): Bucket => {
    const known = state !== 'missing'
    return {
      startMs: index * 10,
      endMs: index * 10 + 10,
      state,
      values: known ? [index + 1] : [null],
      total: known ? index + 1 : null,
      missingMs: known ? 0 : 10,
      heardMs: known ? 10 : 0,
    }
  })
  // Enough buckets to be drawn as a line.
  const padding = many
    ? Array.from({ length: 60 }, (_, n) => ({ ...bucketAt(1000 + n), state: 'later' as const }))
    : []
  return {
    keys: ['a'],
    buckets: [...buckets, ...padding],
    gaps: [],
    fromMs: 0,
    toMs: 100,
    asOfMs: 100,
    exclusive: true,
    level: true,
  }
}

function bucketAt(n: number): Bucket {
  return {
    startMs: n * 10,
    endMs: n * 10 + 10,
    state: 'later',
    values: [null],
    total: null,
    missingMs: 0,
    heardMs: 0,
  }
}

test('few buckets are steps over exactly their time', () => {
  expect(toRows(shapeOf(['closed', 'closed']))).toEqual([
    { x: 0, s0: 1 },
    { x: 10, s0: 1 },
    { x: 10, s0: 2 },
    { x: 20, s0: 2 },
    { x: 20, s0: null },
  ])
})

test('many buckets are a line through their middles that ends where they end', () => {
  expect(toRows(shapeOf(['closed', 'closed'], true))).toEqual([
    { x: 0, s0: 1 },
    { x: 5, s0: 1 },
    { x: 15, s0: 2 },
    { x: 20, s0: 2 },
    { x: 20, s0: null },
  ])
})

test('a gap breaks the line, and the running bucket is drawn apart', () => {
  const rows = toRows(shapeOf(['closed', 'missing', 'closed', 'open']))
  expect(rows.map((row) => row.s0 ?? row.o0 ?? null)).toEqual([1, 1, null, 3, 3, null, 4, 4])
  expect(rows.slice(-2)).toEqual([
    { x: 30, o0: 4 },
    { x: 40, o0: 4 },
  ])
})

test('the scale reaches the height of the stack, or of the highest line', () => {
  const shape = shapeOf(['closed', 'closed'])
  const two: Shape = {
    ...shape,
    keys: ['a', 'b'],
    buckets: shape.buckets.map((bucket) => ({ ...bucket, values: [3, 4], total: 7 })),
  }
  expect(maxOf(two, true)).toBe(7)
  expect(maxOf(two, false)).toBe(4)
})

test('what is not drawn because too much of it was missed does not stretch the axis', () => {
  const shape = { ...shapeOf(['closed', 'partial', 'open']), level: false }
  const buckets = shape.buckets.map((bucket) =>
    bucket.state === 'partial' ? { ...bucket, values: [99], total: 99, missingMs: 2 } : bucket,
  )
  expect(maxOf({ ...shape, buckets }, true)).toBe(3)
  expect(maxOf({ ...shape, buckets }, false)).toBe(3)
})
