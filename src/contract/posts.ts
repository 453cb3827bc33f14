import { z } from 'zod'
import { Filters, Limit, PageCursor, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

/** A marked stretch of the text; offsets count UTF-8 bytes, end exclusive. */
export const PostFacet = z.object({
  byteStart: z.int(),
  byteEnd: z.int(),
  kind: z.enum(['link', 'mention', 'tag']),
  value: z.string().describe('URL, DID or tag'),
})

/** What points at a post, by records that are there now. */
export const Engagement = z.object({
  likes: z.int(),
  reposts: z.int(),
  replies: z.int(),
  quotes: z.int(),
})
export type Engagement = z.infer<typeof Engagement>

export const Post = z.object({
  id: z.string(),
  uri: z.string(),
  cid: z.string().nullable(),
  author: z.object({ did: z.string(), handle: z.string().nullable() }),
  text: z.string(),
  langs: z.array(z.string()).describe('As declared by the author'),
  tags: z.array(z.string()),
  domains: z.array(z.string()),
  facets: z.array(PostFacet),
  media: z
    .object({
      kind: z.enum(['images', 'video', 'external', 'none']),
      count: z.int(),
      alt: z.array(z.string()),
      external: z.object({ uri: z.string(), title: z.string() }).nullable(),
    })
    .describe('What is attached. Media are never fetched.'),
  labels: z.array(z.string()).describe("The author's own content labels, such as porn"),
  parentUri: z.string().nullable().describe('The post this one replies to'),
  rootUri: z.string().nullable(),
  quoteUri: z.string().nullable(),
  createdAt: Timestamp.nullable().describe("The author's claim, null where it is no sane date"),
  indexedAt: Timestamp.describe('When the network saw it'),
  url: z.string().describe('Where a person can read it'),
  engagement: Engagement.describe('What was received of it; records taken back do not count'),
})
export type Post = z.infer<typeof Post>

export const listPosts = defineEndpoint({
  method: 'GET',
  path: '/api/v1/posts',
  summary: 'Newest posts',
  description:
    'Posts by record time, newest first, without deleted ones and those of hidden accounts (deleted, deactivated, suspended, taken down). Pages by key.',
  tags: ['posts'],
  query: Filters.extend({
    from: Timestamp.optional().describe('Start, inclusive'),
    to: Timestamp.optional().describe('End, exclusive'),
    id: z
      .union([z.string(), z.array(z.string())])
      .transform((id) => (Array.isArray(id) ? id : [id]))
      .pipe(z.array(z.uuid()).max(100))
      .optional()
      .describe(
        'Only these posts, and what points at them now; repeat for several, at most 100. One that does not come back is gone or hidden.',
      ),
    limit: Limit(100, 25),
    cursor: PageCursor,
  }),
  response: z.object({
    posts: z.array(Post),
    next: z.string().nullable().describe('Pass as `cursor` for the next page; null on the last'),
    synthetic: z.boolean(),
  }),
  cacheSeconds: 0,
})
