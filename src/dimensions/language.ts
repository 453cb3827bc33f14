import { defineAuthoredDimension, grains } from './dimension.ts'

/** Live posts by declared language; a post in two languages counts in both. */
export const language = defineAuthoredDimension('language', (post) => post.languages, grains)
