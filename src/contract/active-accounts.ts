import { z } from 'zod'
import { Filters, Interval, Period, Provenance } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

/** Widths of a bucket of accounts. Activity is kept by clock hour: nothing finer can be told. */
export const activityIntervals = ['hour', '3h', 'day'] as const satisfies readonly Interval[]

export const activeAccounts = defineEndpoint({
  method: 'GET',
  path: '/api/v1/active-accounts',
  summary: 'Active accounts over time',
  description:
    'Different accounts that did something, by bucket. An account counts once in each bucket in which it was active, so buckets do not add up to the number of a longer time. Columns: `accounts[i]` belongs to the bucket that begins at `starts[i]`. The last bucket may still be filling (`open`). Definitions: docs/metrics.md.',
  tags: ['analytics'],
  query: Period.extend(Filters.shape).extend({
    interval: z.enum([...activityIntervals, 'auto']).default('auto'),
  }),
  response: Provenance.extend({
    interval: Interval,
    tz: z.string(),
    starts: z
      .array(z.int())
      .describe('Start of each bucket, seconds since 1970; always on an hour of UTC'),
    accounts: z
      .array(z.int().nullable())
      .describe('Null where nothing was received: that is unknown, and not 0'),
    previous: z
      .array(z.int().nullable())
      .describe(
        'As many buckets earlier as the range is long; null where that was not received, and for a bucket that is still filling',
      ),
    estimated: z
      .boolean()
      .describe('Some are extrapolated, within about 3 %, because there are too many to count'),
    open: z.boolean().describe('The last bucket is not over yet'),
  }),
  cacheSeconds: 2,
})
