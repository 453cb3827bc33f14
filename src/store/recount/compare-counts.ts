import type { Grain } from '../../dimensions/dimension.ts'
import type { Pairs } from './compare.ts'
import type { Horizons } from './compare-horizon.ts'
import { activeDimension, authoredNames, namesOf, type Scope } from './recount-scope.ts'

/**
 * What rows contribute to keys, and what rows contributed that were dropped, against `count_…`. Of the dropped only the hour is
 * known, and of old ones the day: what is finer is left out for the keys that they had.
 */
export function pairCounts(grain: Grain, scope: Scope, horizons: Horizons): Pairs {
  const isFineEnough = {
    minute: 'dropped.bucket is null',
    hour: `(dropped.bucket is null or ${horizons.byHour('number.bucket')})`,
    day: 'true',
  }
  return {
    tally: `count_${grain}`,
    field: 'n',
    text: `
      select
        'n' as field, number.bucket, number.dimension, number.key, null::uuid as id, stored, recounted,
        ${horizons.kept(`count_${grain}`, 'number.bucket')} and ${isFineEnough[grain]} as checkable,
        false as at_least
      from (
        select bucket, dimension, key, sum(stored)::bigint as stored, sum(recounted)::bigint as recounted
        from (
          select bucket, dimension, key, n as stored, 0 as recounted
          from recount_stored
          where grain = '${grain}'
          union all
          select date_trunc('${grain}', bucket, 'UTC'), dimension, key, 0, n
          from (select * from recount_count ${grain === 'minute' ? '' : 'union all select * from recount_settled'}) as contributed
          where dimension = any($1::text[])
        ) as each
        group by bucket, dimension, key
      ) as number
      left join recount_dropped dropped
        on dropped.bucket = ${horizons.dropped('number.bucket')}
          and dropped.dimension = number.dimension and dropped.key = number.key`,
    values: [namesOf(scope, grain)],
  }
}

/** The accounts behind keys, as `fillAuthors` counted them, against `count_…`. */
export function pairAuthors(grain: Grain, scope: Scope, horizons: Horizons): Pairs {
  const active = grain === 'day' ? 'author_day' : 'author_hour'
  return {
    tally: `count_${grain}`,
    field: 'authors',
    text: `
      select
        'authors' as field, bucket, dimension, key, null::uuid as id,
        sum(stored)::bigint as stored, sum(recounted)::bigint as recounted,
        ${horizons.kept(`count_${grain}`, 'bucket')} and case
          when dimension = '${activeDimension}' then key = 'new' or ${horizons.kept(active, 'bucket')}
          else dimension <> all($1::text[]) or ${horizons.kept('author_key', 'bucket')}
        end as checkable,
        false as at_least
      from (
        select bucket, dimension, key, authors as stored, 0 as recounted
        from recount_stored
        where grain = '${grain}'
        union all
        select bucket, dimension, key, 0, authors
        from recount_authors
        where grain = '${grain}'
      ) as number
      group by bucket, dimension, key`,
    values: [authoredNames(scope)],
  }
}
