import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { safeUrl, segmentText } from './segments.ts'

const link = (byteStart: number, byteEnd: number, value = 'https://example.org/') =>
  ({ byteStart, byteEnd, kind: 'link', value }) as const
const whole = (segments: ReturnType<typeof segmentText>) =>
  segments.map((segment) => segment.text).join('')

test('offsets count bytes of UTF-8, not characters', () => {
  // 今 has 3 bytes, 🌤 has 4 (and is two units of a JavaScript string).
  const text = '今🌤 #sol é'
  const facets = [{ byteStart: 8, byteEnd: 12, kind: 'tag', value: 'sol' } as const]
  expect(segmentText(text, facets)).toEqual([
    { kind: 'text', text: '今🌤 ' },
    { kind: 'tag', text: '#sol', value: 'sol' },
    { kind: 'text', text: ' é' },
  ])
})

test('facets may touch, fill the text, and come in any order', () => {
  expect(segmentText('abcd', [link(2, 4), link(0, 2)])).toEqual([
    { kind: 'link', text: 'ab', value: 'https://example.org/' },
    { kind: 'link', text: 'cd', value: 'https://example.org/' },
  ])
})

describe('facets that cannot be meant are ignored', () => {
  it.each([
    ['beyond the end', link(2, 99)],
    ['before the start', link(-1, 2)],
    ['empty', link(2, 2)],
    ['backwards', link(3, 1)],
    ['in the middle of a character', link(1, 4)],
    ['not a whole number', link(0.5, 3)],
    ['not a number', link(Number.NaN, 3)],
  ])('%s', (_name, facet) => {
    expect(segmentText('今bc', [facet])).toEqual([{ kind: 'text', text: '今bc' }])
  })

  it('the second of two that overlap', () => {
    expect(segmentText('abcdef', [link(0, 4, 'https://a.example/'), link(2, 6)])).toEqual([
      { kind: 'link', text: 'abcd', value: 'https://a.example/' },
      { kind: 'text', text: 'ef' },
    ])
  })
})

test('no text has no segments', () => {
  expect(segmentText('', [])).toEqual([])
  expect(segmentText('', [link(0, 3)])).toEqual([])
})

test('the text comes out whole, whatever the facets say', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.tuple(fc.integer({ min: -3, max: 40 }), fc.integer({ min: -3, max: 40 }))),
      (text, offsets) => {
        const facets = offsets.map(([start, end]) => link(start, end))
        expect(whole(segmentText(text, facets))).toBe(text)
      },
    ),
  )
})

test('only http and https are links', () => {
  expect(safeUrl('https://example.org/a b')).toBe('https://example.org/a%20b')
  expect(safeUrl('http://example.org')).toBe('http://example.org/')
  for (const address of [
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'data:text/html,x',
    'example.org',
    '//example.org',
    'file:///etc/passwd',
    'https://',
    '',
  ])
    expect(safeUrl(address)).toBeNull()
})
