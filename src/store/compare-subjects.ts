import { collections } from '../collections/registry.ts'
import type { Pairs } from './compare.ts'
import { isEndless, type Scope } from './recount-scope.ts'

const engagementFields = ['likes', 'reposts', 'replies', 'quotes'] as const
const tieFields = ['follows', 'unfollows', 'blocks', 'unblocks'] as const

/**
 * What points at posts. Old hours of a post may be folded into hour 0: then its total is compared, or, where only some days are
 * looked at, nothing. In hours that rows were dropped of the stored number may be greater.
 */
export function pairEngagement(scope: Scope): Pairs {
  return {
    tally: 'engagement',
    field: engagementFields.join(', '),
    text: `
      with folded as (
        select distinct subject from recount_engagement where stored and hour = 0
      ),
      total as (
        select
          subject, case when folded.subject is null then hour else 0 end as hour, bool_or(folded.subject is not null) as folded,
          ${sums(engagementFields)}
        from recount_engagement left join folded using (subject)
        group by 1, 2
      ),
      settled as (${settledFields('extract(epoch from bucket)::bigint / 3600')} union ${settledFields('0')})
      select
        pair.field, to_timestamp(total.hour * 3600::double precision) as bucket, null::text as dimension, null::text as key,
        subject as id, pair.stored, pair.recounted, ${isEndless(scope) ? 'true' : 'not folded'} as checkable,
        settled.field is not null as at_least
      from total
      cross join lateral (values ${valuesOf(engagementFields)}) as pair (field, stored, recounted)
      left join settled on settled.place = total.hour and settled.field = pair.field
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
        select subject, day, ${sums(tieFields)}
        from recount_tie
        group by 1, 2
      ),
      settled as (${settledFields(`(bucket at time zone 'UTC')::date`, true)})
      select
        pair.field, total.day::timestamp at time zone 'UTC' as bucket, null::text as dimension, null::text as key,
        subject as id, pair.stored, pair.recounted, true as checkable, settled.field is not null as at_least
      from total
      cross join lateral (values ${valuesOf(tieFields)}) as pair (field, stored, recounted)
      left join settled on settled.place = total.day and settled.field = pair.field
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

/** Which numbers rows were dropped of, by place: what such rows count says what they were. */
function settledFields(place: string, distinct = false): string {
  return `
        select ${distinct ? 'distinct ' : ''}${place} as place, made.field
        from recount_settled settled
        join (values ${contributions.map(([field, dimension, key]) => `('${field}', '${dimension}', '${key}')`).join(', ')})
          as made (field, dimension, key)
          on made.dimension = settled.dimension and made.key = settled.key
        where settled.n <> 0`
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
