import { expect, test } from 'vitest'
import { toColumns } from './series.ts'

test('points become columns of one length, with zeros between', () => {
  const points = [
    { key: 'a', index: 2, count: 5 },
    { key: null, index: 0, count: 7 },
    { key: 'not asked', index: 0, count: 1 },
  ]
  expect(toColumns(['a', 'b'], points, 3)).toEqual({
    byKey: { a: [0, 0, 5], b: [0, 0, 0] },
    rest: [7, 0, 0],
  })
})

test('a key that JavaScript gives a meaning to is a key like others', () => {
  const { byKey } = toColumns(['__proto__'], [{ key: '__proto__', index: 0, count: 1 }], 1)
  expect(Object.entries(byKey)).toEqual([['__proto__', [1]]])
})
