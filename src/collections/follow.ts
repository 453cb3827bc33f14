import { defineCollection } from './collection.ts'
import { readAccountSubject } from './subject.ts'

/** Someone follows an account. */
export const follow = defineCollection({
  nsid: 'app.bsky.graph.follow',
  subject: readAccountSubject,
  tie: { live: 'follows', ended: 'unfollows' },
})
