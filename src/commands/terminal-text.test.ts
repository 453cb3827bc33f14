import { expect, test } from 'vitest'
import { alignColumns, cleanText, widthOf, wrapText } from './terminal-text.ts'

test.each([
  ['plain text', 'plain text'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007after', 'after'],
  ['a\r\nb\tc', 'a b c'],
  ['\u009b31mx', '31mx'],
  ['bell\u0007', 'bell '],
  ['abc\u202edcba', 'abcdcba'],
  ['half \ud83d', 'half \ufffd'],
  ['\u{1f469}\u200d\u{1f680}', '\u{1f469}\u200d\u{1f680}'],
])('a terminal gets %j as %j', (text, shown) => {
  const clean = cleanText(text)
  // How much of an 8-bit sequence goes with it is up to the library; that no control is left is not.
  expect(clean).not.toMatch(/\p{Cc}/u)
  if (!text.startsWith('\u009b')) expect(clean).toBe(shown)
})

test('widths count what a terminal shows', () => {
  expect(widthOf('abc')).toBe(3)
  expect(widthOf('日本')).toBe(4)
  expect(widthOf('e\u0301')).toBe(1)
  expect(widthOf('\u{1f469}\u200d\u{1f680}')).toBe(2)
})

test('lines are broken between words, and within one that is too long', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapText('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij'])
  expect(wrapText('日本語', 4)).toEqual(['日本', '語'])
  expect(wrapText('', 4)).toEqual([''])
})

test('columns line up, numbers to the right', () => {
  expect(
    alignColumns([
      ['name', 'n'],
      ['a', '1'],
      ['long', '1,000'],
    ]),
  ).toEqual(['name      n', 'a         1', 'long  1,000'])
})
