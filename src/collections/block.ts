import { defineCollection } from './collection.ts'
import { readAccountSubject } from './subject.ts'

/** Someone blocks an account. */
export const block = defineCollection({
  nsid: 'app.bsky.graph.block',
  subject: readAccountSubject,
  tie: { live: 'blocks', ended: 'unblocks' },
})
