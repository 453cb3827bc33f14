import { defineCollection } from './collection.ts'
import { readAccountSubject } from './subject.ts'

/** Someone puts an account on a list. */
export const listItem = defineCollection({
  nsid: 'app.bsky.graph.listitem',
  subject: readAccountSubject,
})
