import { defineDimension } from './dimension.ts'

/** Live posts by kind: reply, quote or original. A reply that quotes is both, an original neither. */
export const kind = defineDimension({
  name: 'kind',
  keys: ({ post }) => {
    if (!post) return []
    const kinds = ['reply', 'quote'].filter((name) => post.words.includes(`is:${name}`))
    return kinds.length > 0 ? kinds : ['original']
  },
})
