import { collections } from '../../collections/registry.ts'
import type { Pairs } from './compare.ts'
import type { Horizons } from './compare-horizon.ts'
import { isEndless, type Scope } from './recount-scope.ts'

const engagementFields = ['likes', 'reposts', 'replies', 'quotes'] as const
const tieFields = ['follows', 'unfollows', 'blocks', 'unblocks'] as const

/**
 * What points at posts. Old hours of a post may be folded into hour 0: then its total is compared, or, where only some days are
 * looked at, nothing. In hours that rows were dropped of the stored number may be greater.
 */
export function pairEngagement(scope: Scope, horizons: Horizons): Pairs {
  return {
    tally: 'engagement',
    field: engagementFields.join(', '),
    text: `
      with folded as (
        select distinct subject from recount_engagement where stored and hour = 0
      ),
      total as (
        select
          subject, to_timestamp(case when folded.subject is null then hour else 0 end * 3600) as bucket,
          folded.subject is not null as folded,
          ${sums(engagementFields)}
        from recount_engagement left join folded using (subject)
        group by 1, 2, 3
      ),
      dropped as (${droppedFields('bucket')} union ${droppedFields('to_timestamp(0)')})
      select
        pair.field, total.bucket, null::text as dimension, null::text as key, subject as id, pair.stored, pair.recounted,
        ${isEndless(scope) ? 'true' : 'not folded'} as checkable, dropped.field is not null as at_least
      from total
      cross join lateral (values ${valuesOf(engagementFields)}) as pair (field, stored, recounted)
      left join dropped
        on dropped.bucket = case when folded then total.bucket else ${horizons.dropped('total.bucket')} end
          and dropped.field = pair.field
      where pair.stored <> 0 or pair.recounted <> 0`,
  }
}

/** Who follows and blocks accounts, by day. On days that rows were dropped of the stored number may be greater. */
export function pairTies(): Pairs {
  return {
    tally: 'tie',
    field: tieFields.join(', '),
    text: `
      with total as (
        select subject, day::timestamp at time zone 'UTC' as bucket, ${sums(tieFields)}
        from recount_tie
        group by 1, 2
      ),
      dropped as (${droppedFields(`date_trunc('day', bucket, 'UTC')`)})
      select
        pair.field, total.bucket, null::text as dimension, null::text as key, subject as id, pair.stored, pair.recounted,
        true as checkable, dropped.field is not null as at_least
      from total
      cross join lateral (values ${valuesOf(tieFields)}) as pair (field, stored, recounted)
      left join dropped on dropped.bucket = total.bucket and dropped.field = pair.field
      where pair.stored <> 0 or pair.recounted <> 0`,
  }
}

function sums(fields: readonly string[]): string {
  return fields
    .map(
      (field) => `
          coalesce(sum(${field}) filter (where stored), 0)::bigint as stored_${field},
          coalesce(sum(${field}) filter (where not stored), 0)::bigint as recounted_${field}`,
    )
    .join(',')
}

function valuesOf(fields: readonly string[]): string {
  return fields.map((field) => `('${field}', stored_${field}, recounted_${field})`).join(', ')
}

/** Of which of these numbers rows were dropped, by bucket: what rows count says what they were. */
function droppedFields(bucket: string): string {
  const made = contributions.map(
    ([field, dimension, key]) => `('${field}', '${dimension}', '${key}')`,
  )
  return `
        select distinct ${bucket} as bucket, made.field
        from recount_dropped
        join (values ${made.join(', ')}) as made (field, dimension, key) using (dimension, key)`
}

/** What rows that make these numbers also contribute to the counts. */
const contributions: readonly (readonly [string, string, string])[] = [
  ['replies', 'kind', 'reply'],
  ['quotes', 'kind', 'quote'],
  ...collections.flatMap(({ nsid, engagement, tie }) => {
    const live = engagement ?? tie?.live
    return [
      ...(live
        ? ['create', 'update'].map(
            (operation) => [live, 'operation', `${nsid}/${operation}`] as const,
          )
        : []),
      ...(tie ? [[tie.ended, 'operation', `${nsid}/delete`] as const] : []),
    ]
  }),
]
