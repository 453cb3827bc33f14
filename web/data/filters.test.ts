import { describe, expect, it, test } from 'vitest'
import { filterText, parseFilter, refusedFilters, withFilter } from './filters.ts'

describe('parseFilter', () => {
  it.each([
    ['lang:pt', 'lang', 'pt'],
    ['LANG:pt-BR', 'lang', 'pt'],
    ['#Eclipse', 'tag', 'eclipse'],
    ['＃日本', 'tag', '日本'],
    ['tag:#cats', 'tag', 'cats'],
    ['domain:https://Example.org/path?x', 'domain', 'example.org'],
    ['link:example.org', 'domain', 'example.org'],
    ['from:@ana.example', 'author', 'ana.example'],
    ['@ana.example', 'author', 'ana.example'],
    ['did:plc:abc', 'author', 'did:plc:abc'],
    ['from:did:web:a.example', 'author', 'did:web:a.example'],
  ])('reads %j', (text, name, value) => {
    expect(parseFilter(text)).toEqual({ ok: true, name, value })
  })

  it.each([
    'eclipse',
    'lang:',
    'lang:p',
    '#',
    '#two words',
    'domain:localhost',
    'from:ana',
    'size:big',
    '',
  ])('says what would be right instead of %j', (text) => {
    const parsed = parseFilter(text)
    expect(parsed.ok).toBe(false)
    expect(parsed.ok ? '' : parsed.message).not.toBe('')
  })

  it('reads back what a chip shows', () => {
    for (const text of ['lang:pt', '#eclipse', 'domain:example.org', 'from:ana.example']) {
      const parsed = parseFilter(text)
      expect(parsed.ok && filterText(parsed.name, parsed.value)).toBe(text)
    }
  })
})

test('there is one filter of each kind', () => {
  const one = withFilter({ tag: 'a' }, 'tag', 'b')
  expect(one).toEqual({ tag: 'b' })
  expect(withFilter(one, 'tag', undefined)).toEqual({})
})

test('of what an answer was refused for, the filters are told', () => {
  expect(
    refusedFilters([
      { parameter: 'lang', message: 'no language' },
      { parameter: 'tz', message: 'no zone' },
    ]),
  ).toEqual(['lang: no language'])
})
