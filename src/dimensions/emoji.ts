import { defineAuthoredDimension, wordsAfter } from './dimension.ts'

/** Live posts by emoji in the text: whole glyphs, skin tones folded. */
export const emoji = defineAuthoredDimension('emoji', (post) => wordsAfter(post, 'emoji:'))
