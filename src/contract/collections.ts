import { z } from 'zod'
import { Limit, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

export const listCollections = defineEndpoint({
  method: 'GET',
  path: '/api/v1/collections',
  summary: 'Every kind of record that was ever seen',
  description:
    'NSIDs of all collections in alphabetical order, with the network time of the first event of each, and how many of its records are counted. Pages by key.',
  tags: ['analytics'],
  query: z.object({
    prefix: z.string().max(317).optional().describe('Only those whose NSID begins so'),
    limit: Limit(500, 100),
    cursor: z.string().max(317).optional().describe('`next` of the page before'),
  }),
  response: z.object({
    collections: z.array(
      z.object({
        nsid: z.string(),
        firstSeenAt: Timestamp,
        count: z.number().describe('Records, each at its latest operation, deleted ones included'),
      }),
    ),
    next: z.string().nullable().describe('Pass as `cursor` for the next page; null on the last'),
    synthetic: z.boolean(),
  }),
  cacheSeconds: 2,
})
