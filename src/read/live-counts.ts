import { post } from '../collections/post.ts'
import { sql } from '../db/sql.ts'
import type { Sample } from './live-rate.ts'
import type { ReadContext } from './question.ts'
import { asOfUs, isSynthetic } from './sources.ts'

/** What one look at the counts tells, all of one moment. */
export interface Snapshot {
  readonly asOfMs: number | null
  readonly asOfUs: number | null
  readonly synthetic: boolean
  readonly minutes: Sample['minutes']
}

const livePosts = [`${post.nsid}/create`, `${post.nsid}/update`]

/** Position and the newest minutes in one statement, so that they agree with each other. */
export async function readSnapshot(
  sinceMs: number | null,
  { db }: Pick<ReadContext, 'db'>,
): Promise<Snapshot> {
  const rows = await db.query<{
    asOfUs: number | null
    synthetic: boolean
    minuteMs: number | null
    events: number
    posts: number
  }>(sql`
    with newest as (
      select
        ${asOfUs} as as_of_us,
        ${isSynthetic} as synthetic
      from position
    ),
    minute as (
      select
        c.bucket,
        coalesce(sum(c.n) filter (where c.dimension = 'collection'), 0)::bigint as events,
        coalesce(sum(c.n) filter (where c.dimension = 'operation'), 0)::bigint as posts
      from newest, count_minute c
      where c.bucket >= least(
          date_trunc('minute', to_timestamp(as_of_us / 1000000)) - interval '1 minute',
          ${sinceMs === null ? null : new Date(sinceMs)}::timestamptz
        )
        and c.dimension in ('collection', 'operation')
        and (c.dimension = 'collection' or c.key = any(${livePosts}))
      group by c.bucket
    )
    select
      as_of_us as "asOfUs", synthetic,
      (extract(epoch from bucket) * 1000)::bigint as "minuteMs", events, posts
    from newest left join minute on true`)
  const completeUs = rows[0]?.asOfUs ?? null
  return {
    asOfUs: completeUs,
    asOfMs: completeUs === null ? null : completeUs / 1000,
    synthetic: rows[0]?.synthetic ?? false,
    minutes: new Map(
      rows.flatMap(({ minuteMs, events, posts }) =>
        minuteMs === null ? [] : [[minuteMs, { events, posts }]],
      ),
    ),
  }
}

/** Events stored in all days before one (ms), or from it on. */
export async function sumDays(
  dayMs: number,
  side: 'before' | 'since',
  { db }: Pick<ReadContext, 'db'>,
): Promise<number> {
  const day = new Date(dayMs)
  const [row] = await db.query<{ n: number }>(
    side === 'since'
      ? sql`
        select coalesce(sum(n), 0)::bigint as "n"
        from count_day
        where dimension = 'collection' and bucket >= ${day}`
      : sql`
        select coalesce(sum(n), 0)::bigint as "n"
        from count_day
        where dimension = 'collection' and bucket < ${day}`,
  )
  return row?.n ?? 0
}
