import { defineCollection } from './collection.ts'
import { readRecordSubject } from './subject.ts'

/** Someone likes a post (or a feed, or a labeler). */
export const like = defineCollection({
  nsid: 'app.bsky.feed.like',
  subject: readRecordSubject,
  engagement: 'likes',
})
