import { z } from 'zod'
import { Period, Provenance } from './common.ts'
import { defineEndpoint } from './endpoint.ts'
import { User } from './users.ts'

/** What came and went. */
const Change = z.object({ gained: z.int(), lost: z.int() })
const changes = z.array(z.int())

export const account = defineEndpoint({
  method: 'GET',
  path: '/api/v1/account',
  summary: 'One account: follows and blocks by others, gained and lost by day',
  description:
    'Follows and blocks of an account by others, gained and lost, in total and by day of UTC, and on how many of these days it was active. Days are at most the 400 that a range may have; the standard is the last 30. A follow that is taken back leaves the gained ones of its day, and counts as lost on the day of its end. 404 for an account that is hidden, or of which nothing is known.',
  tags: ['users'],
  query: z.object({
    account: z.string().min(1).max(2048).describe('DID or handle'),
    from: Period.shape.from.describe('Start, inclusive. Default: 30 days before `to`.'),
    to: Period.shape.to,
  }),
  response: Provenance.extend({
    account: User.extend({
      active: z
        .boolean()
        .nullable()
        .describe('As its host says; null for one that did nothing while we listened'),
    }),
    follows: Change.describe('In all days that were received'),
    blocks: Change,
    activeDays: z.int().describe('Days of the range on which it did something'),
    starts: z.array(z.int()).describe('Start of each day of UTC, seconds since 1970'),
    followsGained: changes,
    followsLost: changes,
    blocksGained: changes,
    blocksLost: changes,
    active: z.array(z.boolean()),
  }),
  cacheSeconds: 0,
})
