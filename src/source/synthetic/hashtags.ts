import type { Draws } from './draws.ts'
import { createRanking, createWeighted } from './skew.ts'
import { adjectives, nouns } from './words/names.ts'
import { commonTags, languageTags } from './words/tags.ts'
import type { Topic } from './words/words.ts'

/** How many hashtags a post with hashtags has: of 1,973 posts. */
const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 17]
const countOf = createWeighted([336, 193, 150, 77, 55, 29, 18, 14, 12, 11, 9, 16, 10, 8])
/** Share of hashtags that hardly anybody else writes: four in five are seen once in five minutes. */
const rareShare = 0.76
const languageShare = 0.5
const rankOf = createRanking({ ranks: 8, slope: 0.9, offset: 0.6 })

/** Hashtags of a post, without their #, all different. */
export function drawHashtags(draws: Draws, topic: Topic, language: string): string[] {
  const wanted = counts[countOf(draws.unit())] ?? 1
  const tags: string[] = []
  for (let tries = 0; tags.length < wanted && tries < wanted * 2; tries++) {
    const tag = drawHashtag(draws, topic, language)
    if (!tags.includes(tag)) tags.push(tag)
  }
  return tags
}

/** One of the words, the first of them more often: even rare things are not all equally rare. */
export function drawLeaning(draws: Draws, words: readonly string[]): string {
  return words[Math.floor(draws.unit() ** 2 * words.length)] ?? ''
}

function drawHashtag(draws: Draws, topic: Topic, language: string): string {
  if (draws.chance(rareShare)) {
    const tag = `${drawLeaning(draws, adjectives)}${drawLeaning(draws, nouns)}`
    return draws.chance(0.3) ? `${tag}${2 + draws.below(20)}` : tag
  }
  const own = languageTags[language]
  const tags = own && draws.chance(languageShare) ? own : commonTags[topic]
  const tag = tags[rankOf(draws.unit()) % tags.length] ?? topic
  return draws.chance(0.2) ? tag.charAt(0).toUpperCase() + tag.slice(1) : tag
}
