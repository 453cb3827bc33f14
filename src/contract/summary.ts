import { z } from 'zod'
import { Filters, Period, Provenance, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

/** A number of the range beside the same one of the window before. */
export const Measure = z.object({
  value: z.number().nullable().describe('Null where it cannot be told, never 0 for unknown'),
  previous: z
    .number()
    .nullable()
    .describe('The window of the same length before; null if not covered'),
})

export const summary = defineEndpoint({
  method: 'GET',
  path: '/api/v1/summary',
  summary: 'The headline numbers of a range',
  description:
    'Events, posts, active accounts and languages in [from, to), each beside the window of the same length before it. Definitions: docs/metrics.md.',
  tags: ['analytics'],
  query: Period.extend(Filters.shape),
  response: Provenance.extend({
    events: Measure,
    eventsPerSecond: Measure,
    posts: Measure,
    activeAccounts: Measure.extend({
      from: Timestamp.nullable().describe('Start of the clock hours it was counted over'),
      to: Timestamp.nullable().describe('End of those hours, or how far the running one has come'),
      estimated: z
        .boolean()
        .describe('Extrapolated, within about 1 %, because there are too many to count in time'),
    }),
    languages: Measure,
    lagMs: z.number().nullable().describe('Age of the newest stored event now'),
  }),
  cacheSeconds: 2,
})
