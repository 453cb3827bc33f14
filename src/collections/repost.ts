import { defineCollection } from './collection.ts'
import { readRecordSubject } from './subject.ts'

/** Someone shows a post to their own followers. */
export const repost = defineCollection({
  nsid: 'app.bsky.feed.repost',
  subject: readRecordSubject,
  engagement: 'reposts',
})
