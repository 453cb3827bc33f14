import { expect, test } from 'vitest'
import { assignColors } from './colors.ts'

test('a key keeps its colour when others come and go', () => {
  const first = assignColors(new Map(), ['en', 'ja', 'pt', 'de', 'es'])
  const second = assignColors(first, ['ja', 'en', 'fr', 'es', 'pt'])
  for (const key of ['en', 'ja', 'pt', 'es']) expect(second.get(key)).toBe(first.get(key))
  expect(second.get('fr')).toBe(first.get('de'))
  expect(second.has('de')).toBe(false)
})

test('no two shown keys share a colour, whatever was shown before', () => {
  let memory = assignColors(new Map(), ['a', 'b', 'c'])
  for (const keys of [['d', 'e'], ['f'], ['a', 'g', 'h', 'i', 'j'], ['b', 'c', 'd', 'e', 'f']]) {
    memory = assignColors(memory, keys)
    expect(new Set(keys.map((key) => memory.get(key))).size).toBe(keys.length)
  }
})

test('a key that left gets its colour back while nobody else took it', () => {
  const first = assignColors(new Map(), ['a', 'b'])
  const without = assignColors(first, ['a'])
  expect(assignColors(without, ['a', 'b']).get('b')).toBe(first.get('b'))
})

test('well-known keys have a colour of their own', () => {
  const likesFirst = assignColors(new Map(), ['app.bsky.feed.like', 'app.bsky.feed.post'])
  const postsFirst = assignColors(new Map(), ['app.bsky.feed.post', 'app.bsky.feed.like'])
  expect(new Map(likesFirst)).toEqual(new Map([...postsFirst].reverse()))
})

test('a sixth key has none', () => {
  expect(assignColors(new Map(), ['a', 'b', 'c', 'd', 'e', 'f']).has('f')).toBe(false)
})
