import { z } from 'zod'
import { Provenance, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'
import { Engagement, Post } from './posts.ts'

export const engagement = defineEndpoint({
  method: 'GET',
  path: '/api/v1/engagement',
  summary: 'What points at one post, hour by hour',
  description:
    'Likes, reposts, replies and quotes of a post: all that were received and not taken back, and a curve by hour of UTC since its birth. Also for a post that is not stored or not shown: then `post` is null. Hours without any are left out.',
  tags: ['posts'],
  query: z.object({
    uri: z
      .string()
      .max(2_900)
      .describe('AT-URI of the post, by DID: at://did:plc:…/app.bsky.feed.post/…'),
  }),
  response: Provenance.extend({
    uri: z.string(),
    post: Post.nullable().describe('Null where the post is not stored, deleted, or hidden'),
    bornAt: Timestamp.nullable().describe(
      "Time of its record key, made by the author's client; null where the key is no time",
    ),
    totals: Engagement,
    starts: z.array(z.int()).describe('Start of each hour that has any, seconds since 1970'),
    likes: z.array(z.int()),
    reposts: z.array(z.int()),
    replies: z.array(z.int()),
    quotes: z.array(z.int()),
    rest: Engagement.describe(
      'Totals without the curve: hours of old posts that are no longer told apart, and those beyond the first 2,000',
    ),
  }),
  cacheSeconds: 0,
})
