import type { PostFacts } from './post-facts.ts'

/** PostgreSQL refuses a lexeme of 2,047 bytes or more. */
const maxBytes = 2_000

/** Typed words of a post, as the post index holds them: what the query language compiles to, and some numbers are made from. */
export function postWords(facts: PostFacts): string[] {
  const words = [
    ...facts.languages.map((language) => `lang:${language}`),
    ...facts.tags.map((tag) => `tag:${tag}`),
    ...facts.domains.map((domain) => `domain:${domain}`),
    ...facts.mentions.map((did) => `mention:${did}`),
    ...facts.emoji.map((emoji) => `emoji:${emoji}`),
    facts.parent ? 'is:reply' : 'is:post',
  ]
  if (facts.client !== null) words.push(`client:${facts.client}`)
  if (facts.quote !== null) words.push('is:quote', 'has:quote')
  if (facts.domains.length > 0) words.push('has:link')
  if (facts.media?.kind === 'images') words.push('has:image')
  if (facts.media?.kind === 'video') words.push('has:video')
  if (facts.media?.kind === 'external') words.push('has:card')
  if ((facts.media?.alt.length ?? 0) > 0) words.push('has:alt')
  return words.filter((word) => word.length * 3 <= maxBytes || Buffer.byteLength(word) <= maxBytes)
}
