import { expect, test } from 'vitest'
import { queryString } from './api.ts'

test('a query repeats lists, escapes values and leaves out what is not set', () => {
  expect(queryString({ tag: 'a&b', key: ['x', 'y'], lang: undefined, limit: 10 })).toBe(
    '?tag=a%26b&key=x&key=y&limit=10',
  )
  expect(queryString({})).toBe('')
  expect(queryString(undefined)).toBe('')
})
