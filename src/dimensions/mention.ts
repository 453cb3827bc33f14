import { defineAuthoredDimension, wordsAfter } from './dimension.ts'

/** Live posts by account mentioned (DID). */
export const mention = defineAuthoredDimension('mention', (post) => wordsAfter(post, 'mention:'))
