import { z } from 'zod'

const segmentName = z.string().regex(/^seg_[0-9a-z]{10}\.jss$/)
const count = z.int().min(0)

/** Sealed segments, oldest first; `cursor` where there are more. */
export const listPage = z.object({
  cursor: z.string().optional(),
  segments: z.array(
    z.object({
      name: segmentName,
      eventCount: count,
      minSeq: count,
      maxSeq: count,
      /** When its rows were seen by the host, µs since 1970. */
      minWitnessedAt: z.int(),
      maxWitnessedAt: z.int(),
    }),
  ),
})
export type ListPage = z.infer<typeof listPage>
export type ListedSegment = ListPage['segments'][number]

/** What has to be downloaded: whole segments, or ranges of their blocks (ends included). */
export const planPage = z.object({
  plannedThroughSeq: count,
  sealedTipSeq: count,
  segments: z.array(
    z.object({
      name: segmentName,
      minSeq: count,
      maxSeq: count,
      mode: z.enum(['segment', 'blocks']),
      blocks: z.array(z.object({ first: count, last: count })).optional(),
    }),
  ),
})
export type PlanPage = z.infer<typeof planPage>
export type PlannedSegment = PlanPage['segments'][number]

const refusal = z.object({ error: z.string().catch(''), message: z.string().catch('') })

/** Name and words of an XRPC error; empty where the body is something else, such as a proxy's page. */
export function readRefusal(body: string): z.infer<typeof refusal> {
  try {
    return refusal.parse(JSON.parse(body))
  } catch {
    return { error: '', message: '' } // the status alone decides then
  }
}
