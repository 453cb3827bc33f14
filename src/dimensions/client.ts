import { defineDimension, wordsAfter } from './dimension.ts'

/** Live posts by the program that wrote them, where the record names one. */
export const client = defineDimension({
  name: 'client',
  keys: ({ post }) => (post ? wordsAfter(post, 'client:') : []),
})
