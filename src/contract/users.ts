import { z } from 'zod'
import { Limit, PageCursor, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

export const User = z.object({
  id: z.string(),
  did: z.string(),
  handle: z.string().nullable(),
  active: z
    .boolean()
    .describe('As its host says; false here only for states that hide nothing, such as throttled'),
  status: z.string().nullable(),
  firstSeenAt: Timestamp.nullable().describe('To the hour'),
  lastSeenAt: Timestamp.nullable().describe('To the hour'),
})
export type User = z.infer<typeof User>

export const listUsers = defineEndpoint({
  method: 'GET',
  path: '/api/v1/users',
  summary: 'Accounts seen',
  description:
    'Accounts that did something while we listened, by id, without hidden ones: deleted, deactivated, suspended, taken down. Pages by key.',
  tags: ['users'],
  query: z.object({
    did: z.string().max(2048).optional(),
    handle: z.string().max(253).optional(),
    active: z.stringbool().optional(),
    seenSince: Timestamp.optional().describe('Only accounts active at or after this hour'),
    limit: Limit(100, 25),
    cursor: PageCursor,
  }),
  response: z.object({
    users: z.array(User),
    next: z.string().nullable(),
    synthetic: z.boolean(),
  }),
  cacheSeconds: 0,
})
