import { defineDimension } from './dimension.ts'

/** Live posts with images or a video, by whether any of them has an alt text: with or without. */
export const alt = defineDimension({
  name: 'alt',
  keys: ({ post }) => {
    if (!post?.words.some((word) => word === 'has:image' || word === 'has:video')) return []
    return [post.words.includes('has:alt') ? 'with' : 'without']
  },
})
