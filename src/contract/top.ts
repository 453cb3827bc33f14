import { z } from 'zod'
import { DimensionName, Filters, Limit, Period, Provenance } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

export const top = defineEndpoint({
  method: 'GET',
  path: '/api/v1/top',
  summary: 'Largest keys of a dimension',
  description:
    'The keys with the highest counts in [from, to), each beside its count in the window of the same length before it.',
  tags: ['analytics'],
  query: Period.extend(Filters.shape).extend({ dimension: DimensionName, limit: Limit(100, 10) }),
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
      }),
    ),
    keys: z.number().describe('How many different keys there are in the range'),
  }),
  cacheSeconds: 2,
})
