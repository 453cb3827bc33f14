import { expect, test } from 'vitest'
import { keyLabel } from './labels.ts'

test('keys have the names that people use', () => {
  expect(keyLabel('collection', 'app.bsky.feed.like')).toBe('Likes')
  expect(keyLabel('operation', 'app.bsky.feed.like/create')).toBe('Likes written')
  expect(keyLabel('language', 'pt')).toBe('Portuguese')
  expect(keyLabel('language', 'und')).toBe('Undeclared')
  expect(keyLabel('tag', 'eclipse')).toBe('#eclipse')
  expect(keyLabel('media', 'card')).toBe('Link card')
  expect(keyLabel('alt', 'without')).toBe('Without alt text')
  expect(keyLabel('kind', 'reply')).toBe('Replies')
  expect(keyLabel('hour-of-week', '7-23')).toBe('Sun 23:00')
})

test('a key without a name is shown as it is', () => {
  expect(keyLabel('collection', 'com.example.thing')).toBe('com.example.thing')
  expect(keyLabel('operation', 'com.example.thing/delete')).toBe('com.example.thing deleted')
  expect(keyLabel('operation', 'odd')).toBe('odd')
  expect(keyLabel('language', 'not a code')).toBe('not a code')
})
