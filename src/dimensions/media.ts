import { defineDimension } from './dimension.ts'

/** Live posts by what is attached: image, video, card (a link card) or none. */
export const media = defineDimension({
  name: 'media',
  keys: ({ post }) => {
    if (!post) return []
    if (post.words.includes('has:image')) return ['image']
    if (post.words.includes('has:video')) return ['video']
    return [post.words.includes('has:card') ? 'card' : 'none']
  },
})
