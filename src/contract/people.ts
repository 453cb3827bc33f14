import { z } from 'zod'
import { Period, Provenance, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

const accounts = z.array(z.int().nullable())

export const people = defineEndpoint({
  method: 'GET',
  path: '/api/v1/people',
  summary: 'Daily, weekly and monthly active accounts, and what they did',
  description:
    'By day of UTC: different accounts that did something on the day, in the 7 and in the 30 days that end with it; those seen for the first time and those seen before; those that posted, liked, reposted, followed. Columns: `daily[i]` belongs to the day that begins at `starts[i]`. A day of which a part was not received has the numbers of the part that was: `received[i]` tells. A number over several days is null unless all of them were received. Definitions: docs/metrics.md.',
  tags: ['analytics'],
  query: z.object({
    from: Period.shape.from.describe('Start, inclusive. Default: 30 days before `to`.'),
    to: Period.shape.to,
  }),
  response: Provenance.extend({
    starts: z.array(z.int()).describe('Start of each day of UTC, seconds since 1970'),
    received: z
      .array(z.number().min(0).max(1))
      .describe('Part of the day, of a running one up to `asOf`, that was received'),
    daily: accounts.describe('Different accounts of the day; null where nothing was received'),
    weekly: accounts.describe(
      'Of the 7 days that end with this one; null unless all were received, or where not counted yet',
    ),
    monthly: accounts.describe('The same of 30 days'),
    stickiness: z
      .array(z.number().nullable())
      .describe('daily ÷ monthly; null where one of them is, and while the day runs'),
    new: accounts.describe('Seen for the first time since `since`; null on the first day'),
    returning: accounts.describe('daily − new'),
    posters: accounts,
    likers: accounts,
    reposters: accounts,
    followers: accounts.describe('Accounts that followed others'),
    others: accounts.describe('Accounts that did something else, such as blocking or deleting'),
    since: Timestamp.nullable().describe('Begin of the record: before it nobody was seen'),
    computedAt: Timestamp.nullable().describe(
      'When the newest weekly and monthly numbers shown were counted; those of a running day are up to an hour old',
    ),
    open: z.boolean().describe('The last day is not over yet'),
  }),
  cacheSeconds: 2,
})
