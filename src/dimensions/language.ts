import { defineDimension } from './dimension.ts'

/** Live posts by declared language; a post in two languages counts in both. */
export const language = defineDimension({ name: 'language', keys: (post) => post.languages })
