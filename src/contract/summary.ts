import { z } from 'zod'
import { Filters, Period, Provenance } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

const Measure = z.object({
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
    activeAccounts: Measure,
    languages: Measure,
    lagMs: z.number().nullable().describe('Age of the newest stored event now'),
  }),
  cacheSeconds: 2,
})
