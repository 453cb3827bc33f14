import type { Draws } from './draws.ts'
import { createWeighted } from './skew.ts'
import type { Topic, Words } from './words/words.ts'

/** Characters of 21,043 posts, in steps of 20; the last step is 300 and more. People write to the limit. */
const lengthStep = createWeighted([
  3_968, 3_427, 2_436, 1_909, 1_527, 1_174, 1_016, 751, 658, 586, 534, 481, 578, 565, 1_205, 228,
])
/** Graphemes that a post may have. */
export const longest = 300
/** A sentence may be this much longer than what was wished for. */
const tolerance = 12
const shortestSentence = 16
const tries = 6

const emoji = [
  '😂',
  '❤️',
  '😊',
  '🌱',
  '🎉',
  '✨',
  '🙏',
  '😭',
  '🔥',
  '☀️',
  '🌧️',
  '🐦',
  '🐈',
  '🥖',
  '☕',
  '📚',
  '🚂',
  '🎶',
  '🌙',
  '👍🏽',
  '👩‍🌾',
  '🚴🏻‍♀️',
  '🤷‍♂️',
  '🏳️‍🌈',
  '🇧🇷',
  '🫶',
] as const
const repeats = [1, 1, 1, 1, 2, 3] as const

export function drawLength(draws: Draws): number {
  return Math.min(longest, lengthStep(draws.unit()) * 20 + draws.below(20) + 1)
}

/** Words of one language, of about the wished length and never longer than a post may be. Not empty. */
export function drawText(
  draws: Draws,
  words: Words,
  { topic, length, reply }: { topic: Topic; length: number; reply: boolean },
): string {
  let text = ''
  for (;;) {
    const room = length - text.length - words.joiner.length
    const sentence =
      room < shortestSentence ? null : drawSentence(draws, words, { topic, room, reply, text })
    if (sentence === null) break
    text = text === '' ? sentence : text + words.joiner + sentence
  }
  // What is left is filled by a word or two; a post of nothing else may have three.
  for (let wanted = text === '' ? 3 : 1; wanted > 0; wanted--) {
    const short = draws.pick(words.short)
    if (text !== '' && text.length + short.length > length) break
    text = text === '' ? short : `${text} ${short}`
  }
  return text
}

export function drawEmoji(draws: Draws): string {
  return draws.pick(emoji).repeat(draws.pick(repeats))
}

function drawSentence(
  draws: Draws,
  words: Words,
  wanted: { topic: Topic; room: number; reply: boolean; text: string },
): string | null {
  const { topic, room, reply, text } = wanted
  for (let i = 0; i < tries; i++) {
    const pool = reply && draws.chance(0.6) ? words.replies : words.sentences
    const sentence = fill(draws, draws.pick(pool), words, topic)
    if (sentence.length <= room + tolerance && !text.includes(sentence)) return sentence
  }
  return null
}

function fill(draws: Draws, sentence: string, words: Words, topic: Topic): string {
  const at = sentence.indexOf('{x}')
  if (at < 0 || !words.nouns) return sentence
  return sentence.slice(0, at) + draws.pick(words.nouns[topic]) + sentence.slice(at + 3)
}
