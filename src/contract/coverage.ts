import { z } from 'zod'
import { Period, Timestamp } from './common.ts'
import { defineEndpoint } from './endpoint.ts'

/**
 * A minute was received whole (`complete`), in part, or not at all (`gap`); or it was missing, whole or in part, and came
 * later (`replayed`).
 */
export const minuteStates = ['complete', 'partial', 'gap', 'replayed'] as const

export const healable = ['resume', 'look-back', 'archive', 'no', 'unknown'] as const
export type Healable = (typeof healable)[number]

export const LedgerGap = z.object({
  id: z.int(),
  source: z.string(),
  host: z.string(),
  from: Timestamp,
  to: Timestamp.nullable().describe('null while it goes on'),
  reason: z.string(),
  detail: z.string().nullable().describe('The collection, where the gap is about one'),
  explanation: z.string().describe('What happened, in words'),
  detectedAt: Timestamp,
  closedAt: Timestamp.nullable().describe('When it was filled; null while it is not'),
  closedBy: z.string().nullable().describe('Source that filled it'),
  healable: z
    .enum(healable)
    .describe(
      'What would fill it: the source when it goes on, what a host keeps for a day or more, the archive of a host; `no` where nothing has it, and where it is closed',
    ),
})
export type LedgerGap = z.infer<typeof LedgerGap>

export const coverage = defineEndpoint({
  method: 'GET',
  path: '/api/v1/coverage',
  summary: 'What was received and what was not, by source and minute',
  description:
    'Minutes of network time from the first to the newest stored event of each source, in runs of one state, and the gaps that touch the range, also those that are closed.',
  tags: ['system'],
  query: Period.omit({ tz: true }),
  response: z.object({
    from: Timestamp,
    to: Timestamp,
    asOf: Timestamp.nullable(),
    ratio: z
      .number()
      .min(0)
      .max(1)
      .describe('Part of the range that was received from at least one source, as in `coverage`'),
    synthetic: z.boolean(),
    sources: z.array(
      z.object({
        source: z.string(),
        host: z.string(),
        complete: z
          .boolean()
          .describe('False for a source that was asked for some accounts only: it covers no time'),
        messages: z.int().describe('Messages stored in the range, repeats included'),
        runs: z.array(z.object({ from: Timestamp, to: Timestamp, state: z.enum(minuteStates) })),
      }),
    ),
    gaps: z.array(LedgerGap),
    more: z.boolean().describe('True where there are more gaps or runs than are listed'),
  }),
  cacheSeconds: 2,
})
