import { raw, sql } from '../db/sql.ts'
import type { ReadContext } from './question.ts'

/** Start of a statement that reads gaps, each with the wire over which its source was read last. */
export const gapsWithWire = raw(`
  select
    gap.id as "id",
    gap.source as "source",
    gap.host as "host",
    coalesce(position.wire, 'v1') as "wire",
    gap.from_us as "fromUs",
    gap.to_us as "toUs",
    gap.reason as "reason",
    gap.detail as "detail",
    gap.detected_at as "detectedAt",
    gap.closed_at as "closedAt",
    gap.closed_by as "closedBy"
  from gap
  left join lateral (
    select wire from position where position.source = gap.source order by time_us desc limit 1
  ) as position on true`)

/** A row of it. */
export interface ListedGap {
  readonly id: number
  readonly source: string
  readonly host: string
  readonly wire: string
  readonly fromUs: number
  readonly toUs: number | null
  readonly reason: string
  readonly detail: string | null
  readonly detectedAt: Date
  readonly closedAt: Date | null
  readonly closedBy: string | null
}

export interface LedgerChoice {
  /** Only gaps that reach beyond this network time, µs. */
  readonly sinceUs: number | null
  /** Also those that are closed. */
  readonly closed: boolean
  readonly limit: number
}

/** Gaps of all sources, oldest first. */
export function readLedgerGaps(
  { sinceUs, closed, limit }: LedgerChoice,
  { db }: Pick<ReadContext, 'db'>,
): Promise<ListedGap[]> {
  return db.query<ListedGap>(sql`
    ${gapsWithWire}
    where ${closed ? raw('true') : raw('gap.closed_at is null')}
      and ${sinceUs === null ? raw('true') : sql`(gap.to_us is null or gap.to_us > ${sinceUs})`}
    order by gap.from_us, gap.id
    limit ${limit}`)
}
