import { z } from 'zod'
import { DimensionName, Filters, Interval, Limit, Period, Provenance } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

export const timeseries = defineEndpoint({
  method: 'GET',
  path: '/api/v1/timeseries',
  summary: 'Counts over time',
  description:
    'One series per key: the keys asked for, or the largest `top` of the range. `rest` is everything else, where keys exclude each other. Columns, not rows: `starts[i]` is the start of bucket i and `series[key][i]` its count. The last bucket may still be filling (`open`). Mentions and emoji are counted by the hour and by nothing finer.',
  tags: ['analytics'],
  query: Period.extend(Filters.shape).extend({
    dimension: DimensionName.default('collection'),
    key: z
      .union([z.string(), z.array(z.string())])
      .transform((key) => (Array.isArray(key) ? key : [key]))
      .pipe(z.array(z.string().min(1).max(640)).max(20))
      .optional()
      .describe('Repeat for several'),
    top: Limit(20, 5),
    interval: z.union([Interval, z.literal('auto')]).default('auto'),
  }),
  response: Provenance.extend({
    dimension: DimensionName,
    interval: Interval,
    tz: z.string(),
    starts: z.array(z.int()).describe('Start of each bucket, seconds since 1970'),
    series: z
      .record(z.string(), z.array(z.number().nullable()))
      .describe('Null where nothing was received: that is unknown, and not 0'),
    authors: z
      .record(z.string(), z.array(z.number().nullable()))
      .nullable()
      .describe(
        'Different accounts behind each count; null where buckets are not single hours or days of UTC, since distinct accounts do not add up, and for dimensions without them',
      ),
    rest: z
      .array(z.number().nullable())
      .nullable()
      .describe('Everything not in `series`; null where keys overlap'),
    open: z.boolean().describe('The last bucket is not over yet'),
  }),
  cacheSeconds: 2,
  mostCacheSeconds: 3,
})
