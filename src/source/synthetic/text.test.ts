import { expect, test } from 'vitest'
import { Draws } from './draws.ts'
import { languages } from './languages.ts'
import { drawLength, drawText, longest } from './text.ts'
import { topics } from './words/words.ts'

test('lengths follow those of real posts', () => {
  const draws = new Draws(1)
  const lengths = Array.from({ length: 20_000 }, (_, i) => drawLength(draws.at(1, i, 0)))
  lengths.sort((a, b) => a - b)
  expect(Math.abs((lengths[10_000] ?? 0) - 66)).toBeLessThan(8)
  expect(Math.abs((lengths[15_000] ?? 0) - 148)).toBeLessThan(12)
  expect(lengths.at(-1)).toBe(longest)
})

test.each(languages)(
  '$tag: a text is never empty, never too long, and every slot is filled',
  (language) => {
    const draws = new Draws(2)
    for (let i = 0; i < 500; i++) {
      draws.at(1, i, 0)
      const length = drawLength(draws)
      const topic = draws.pick(topics)
      const text = drawText(draws, language.words, { topic, length, reply: i % 2 === 0 })
      expect(text).not.toBe('')
      expect(text).not.toContain('{')
      expect(text.length).toBeLessThanOrEqual(Math.max(length + 12, 30))
    }
  },
)
