import { defineDimension } from './dimension.ts'

/** Live posts by hashtag. */
export const tag = defineDimension({ name: 'tag', keys: (post) => post.tags })
