import { expect, test } from 'vitest'
import { allOf } from './tsquery.ts'

test.each([
  [['lang:pt'], "'lang:pt'"],
  [['lang:pt', 'tag:a'], "'lang:pt' & 'tag:a'"],
  [["tag:o'clock"], "'tag:o''clock'"],
  [['tag:a\\'], "'tag:a\\\\'"],
  [["tag:\\'"], "'tag:\\\\'''"],
])('%j is %s', (lexemes, text) => {
  expect(allOf(lexemes)).toBe(text)
})
