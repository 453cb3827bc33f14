import { defineAuthoredDimension, grains } from './dimension.ts'

/** Live posts by hashtag. */
export const tag = defineAuthoredDimension('tag', (post) => post.tags, grains)
