import { expect, test } from 'vitest'
import { readEmoji } from './emoji.ts'

test.each([
  ['no emoji, 12 # * ’ 日本語', []],
  ['sun 🌞 and sun 🌞', ['🌞']],
  ['👍🏽 and 👍🏿 are one', ['👍']],
  ['family 👩‍👩‍👧, flag 🇵🇹, keycap 1️⃣', ['👩‍👩‍👧', '🇵🇹', '1️⃣']],
  ['heart ❤️ beside text ❤', ['❤️']],
  ['🧑🏽‍🚀', ['🧑‍🚀']],
])('%j', (text, emoji) => {
  expect(readEmoji(text)).toEqual(emoji)
})
