import { z } from 'zod'

/** The dimensions that counts exist for; `src/dimensions/registry.ts` is checked against this list. */
export const dimensionNames = [
  'collection',
  'operation',
  'language',
  'tag',
  'domain',
  'mention',
  'emoji',
  'media',
  'alt',
  'kind',
  'client',
  'hour-of-week',
] as const
export const DimensionName = z.enum(dimensionNames)
export type DimensionName = z.infer<typeof DimensionName>

/** Widths of a bucket. `auto` lets the server choose one that gives at most 300 buckets. */
export const intervals = ['minute', '5m', '10m', '30m', 'hour', '3h', 'day'] as const
export const Interval = z.enum(intervals)
export type Interval = z.infer<typeof Interval>

export const Timestamp = z.iso
  .datetime({ offset: true })
  .describe('RFC 3339 time, for example 2026-07-04T14:00:00Z')

/** A half-open range of network time, [from, to). */
export const Period = z.object({
  from: Timestamp.optional().describe('Start, inclusive. Default: 24 hours before `to`.'),
  to: Timestamp.optional().describe('End, exclusive. Default: now.'),
  tz: z
    .string()
    .max(64)
    .default('UTC')
    .describe('IANA time zone for the edges of hour and day buckets, for example Europe/Berlin'),
})

/** Restrictions that hold together (AND). */
export const Filters = z.object({
  lang: z
    .string()
    .min(2)
    .max(20)
    .optional()
    .describe('Primary language subtag as declared by the author, for example pt; `und` for none'),
  tag: z.string().min(1).max(640).optional().describe('Hashtag, without #, case-insensitive'),
  domain: z.string().min(3).max(253).optional().describe('Registrable domain linked to'),
  author: z.string().min(1).max(2048).optional().describe('Handle or DID of the author'),
})
export type Filters = z.infer<typeof Filters>

export const Limit = (max: number, standard: number) =>
  z.coerce.number().int().min(1).max(max).default(standard)

export const PageCursor = z
  .string()
  .max(200)
  .optional()
  .describe('Opaque cursor from `next` of the page before')

/** How complete the numbers of an answer are. A gap is a stretch that was not received. */
export const Coverage = z.object({
  ratio: z
    .number()
    .min(0)
    .max(1)
    .describe('Part of the range, up to `asOf`, for which events were received'),
  gaps: z.array(z.object({ from: Timestamp, to: Timestamp, reason: z.string() })),
})
export type Coverage = z.infer<typeof Coverage>

/** What every analytic answer says about itself. */
export const Provenance = z.object({
  from: Timestamp,
  to: Timestamp,
  asOf: Timestamp.nullable().describe(
    'Network time of the newest stored event; null before the first',
  ),
  counted: z
    .enum(['counts', 'posts', 'sample'])
    .describe('Exact counts, exact scan of the matching posts, or the newest matching posts only'),
  coverage: Coverage,
  synthetic: z.boolean().describe('True when the events were invented by the demo generator'),
})

export type Provenance = z.infer<typeof Provenance>

/** RFC 9457 */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  errors: z
    .array(z.object({ parameter: z.string(), message: z.string() }))
    .optional()
    .describe('One entry per parameter that was refused'),
})
export type Problem = z.infer<typeof Problem>
