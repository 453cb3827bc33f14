import { z } from 'zod'
import { DimensionName, Filters, Limit, Period, Provenance, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

export const top = defineEndpoint({
  method: 'GET',
  path: '/api/v1/top',
  summary: 'Largest keys of a dimension',
  description:
    'The keys with the highest counts in [from, to), each beside its count in the window of the same length before it and the different accounts behind it. Mentions and emoji are counted by the hour: their range is widened to whole hours.',
  tags: ['analytics'],
  query: Period.extend(Filters.shape).extend({ dimension: DimensionName, limit: Limit(200, 10) }),
  response: Provenance.extend({
    dimension: DimensionName,
    items: z.array(
      z.object({
        key: z.string(),
        count: z.number(),
        previous: z.number().nullable().describe('Null where the window before was not covered'),
        change: z
          .number()
          .nullable()
          .describe('count / previous − 1; null where previous is 0 or null'),
        authors: z
          .number()
          .nullable()
          .describe('Different accounts behind the count; null where that cannot be told'),
        handle: z
          .string()
          .nullable()
          .describe('Of a mentioned account, where it is known; null for other dimensions'),
      }),
    ),
    keys: z.number().describe('How many different keys there are in the range'),
    authorsOver: z
      .object({
        from: Timestamp,
        to: Timestamp,
        estimated: z
          .boolean()
          .describe('Some are extrapolated, within about 2 %, because there are too many to count'),
      })
      .nullable()
      .describe(
        'The time over which authors were counted: the range, or the whole hours nearest to it',
      ),
  }),
  cacheSeconds: 2,
  // Tags and handles are words of people, and must be gone soon after them.
  mostCacheSeconds: 3,
})
