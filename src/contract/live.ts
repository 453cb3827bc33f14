import { z } from 'zod'
import { Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'
import { Post } from './posts.ts'

/** Sent each second as SSE event `counters`. */
export const LiveCounters = z.object({
  now: Timestamp,
  asOf: Timestamp.nullable().describe('Network time of the newest stored event'),
  lagMs: z.number().nullable(),
  eventsPerSecond: z
    .number()
    .describe('Events stored per second of network time, over the last 10 s'),
  postsPerSecond: z.number(),
  eventsTotal: z.number().describe('Events stored since the first'),
  state: z
    .enum(['live', 'catching-up', 'stalled', 'no-source'])
    .describe('Never better than the worst stage behind it'),
  detail: z.string(),
  synthetic: z.boolean(),
})
export type LiveCounters = z.infer<typeof LiveCounters>

/** Sent as SSE event `posts` when there are new ones; its SSE id resumes the stream. */
export const LivePosts = z.object({
  posts: z.array(Post),
  seen: z.int().describe('New posts since the message before'),
  shown: z.int().describe('How many of them are in `posts`'),
})
export type LivePosts = z.infer<typeof LivePosts>

export const live = defineEndpoint({
  method: 'GET',
  path: '/api/v1/live',
  summary: 'Counters each second and a sample of new posts, as server-sent events',
  description:
    'Events `counters` (each second) and `posts`. Reconnecting with `Last-Event-ID` continues where the stream broke off.',
  tags: ['live'],
  query: z.object({
    lang: z.string().min(2).max(20).optional(),
    tag: z.string().min(1).max(640).optional(),
    domain: z.string().min(3).max(253).optional(),
    author: z.string().min(1).max(2048).optional(),
  }),
  response: z.string().describe('text/event-stream'),
  cacheSeconds: 0,
})
