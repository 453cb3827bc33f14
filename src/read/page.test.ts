import { expect, test } from 'vitest'
import { formatCursor, readCursor, toPage } from './page.ts'

const id = '019f2cff-f600-823e-8808-6626aeb5b396'

test('a cursor holds the id of the last row', () => {
  const cursor = formatCursor(id)
  expect(cursor).toMatch(/^[\w-]{22}$/)
  expect(readCursor(cursor)).toBe(id)
})

test('a row too many means another page', () => {
  const other = id.replace('0', '1')
  expect(toPage([{ id }, { id: other }], 1)).toEqual({ rows: [{ id }], next: formatCursor(id) })
  expect(toPage([{ id }], 1)).toEqual({ rows: [{ id }], next: null })
  expect(toPage([], 1)).toEqual({ rows: [], next: null })
})
