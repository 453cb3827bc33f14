import type pg from 'pg'
import { kinds } from '../kinds.ts'
import type { Pairs } from './compare.ts'
import type { Horizons } from './compare-horizon.ts'
import { activeDimension } from './recount-scope.ts'

/** Adds up, by account, what was recounted and what is stored. To be called once, before anything is compared. */
export async function gatherAuthors(client: pg.Client, horizons: Horizons): Promise<void> {
  await client.query(`
    insert into recount_author (bucket, dimension, key, user_id, stored, recounted, at_least)
    select author.bucket, author.dimension, author.key, user_id, author.stored, author.recounted, dropped.bucket is not null
    from (
      select
        bucket, dimension, key, user_id,
        coalesce(sum(n) filter (where stored), 0) as stored, coalesce(sum(n) filter (where not stored), 0) as recounted
      from recount_author_key
      group by bucket, dimension, key, user_id
    ) as author
    left join recount_dropped dropped
      on dropped.bucket = ${horizons.dropped('author.bucket')}
        and dropped.dimension = author.dimension and dropped.key = author.key`)
  await client.query(`
    insert into recount_hour (bucket, user_id, stored, recounted)
    select bucket, user_id, bit_or(stored), coalesce(bit_or(stored), 0) | coalesce(bit_or(recounted), 0)
    from recount_active_hour
    group by bucket, user_id`)
  await client.query(`
    insert into recount_day (bucket, user_id, stored, recounted)
    select bucket, user_id, bit_or(stored), coalesce(bit_or(stored), 0::smallint) | coalesce(bit_or(recounted), 0::smallint)
    from recount_active_day
    group by bucket, user_id`)
  await client.query('analyze recount_author, recount_hour, recount_day')
}

/** Counts the accounts behind keys, and those that were active, as they are when every difference is made good. */
export async function fillAuthors(client: pg.Client): Promise<void> {
  const right = 'case when at_least then greatest(stored, recounted) else recounted end > 0'
  await client.query(`
    insert into recount_authors (grain, bucket, dimension, key, authors)
    select 'hour', bucket, dimension, key, count(*)
    from recount_author
    where ${right}
    group by bucket, dimension, key
    union all
    select 'day', date_trunc('day', bucket, 'UTC'), dimension, key, count(distinct user_id)
    from recount_author
    where ${right}
    group by date_trunc('day', bucket, 'UTC'), dimension, key`)
  await client.query(`
    insert into recount_authors (grain, bucket, dimension, key, authors)
    with alike as (select bucket, recounted as minutes, count(*) as n from recount_hour group by bucket, recounted)
    select 'hour', bucket, '${activeDimension}', 'any', sum(n)
    from alike
    group by bucket
    union all
    select 'minute', bucket + minute * interval '1 minute', '${activeDimension}', 'any', sum(n)
    from alike, generate_series(0, 59) as minute
    where minutes >> minute & 1 = 1
    group by bucket, minute`)
  await client.query(`
    insert into recount_authors (grain, bucket, dimension, key, authors)
    with alike as (select bucket, recounted as done, count(*) as n from recount_day group by bucket, recounted)
    select 'day', bucket, '${activeDimension}', 'any', sum(n)
    from alike
    group by bucket
    union all
    select 'day', bucket, '${activeDimension}', kind.name, sum(n)
    from alike, (values ${Object.entries(kinds)
      .map(([name, bit]) => `('${name}', ${bit})`)
      .join(', ')}) as kind (name, bit)
    where done & bit <> 0
    group by bucket, kind.name`)
}

/** How many rows of an account contribute to a key in an hour. Of hours with dropped rows the stored number may be greater. */
export function pairAuthorKeys(horizons: Horizons): Pairs {
  return {
    tally: 'author_key',
    field: 'n',
    text: `
      select
        'n' as field, bucket, dimension, key, user_id as id, stored, recounted,
        ${horizons.kept('author_key', 'bucket')} as checkable, at_least
      from recount_author`,
  }
}

/**
 * When accounts were active, as numbers of minutes or of kinds of doing. Rows tell the least: what was written over by a later
 * operation on the same record has left no trace of its time.
 *
 * @param before of hours and days that were stored when only it was kept that an account was active, or of the others
 */
export function pairActivity(
  grain: 'hour' | 'day',
  { horizons, before }: { readonly horizons: Horizons; readonly before: boolean },
): Pairs {
  const [what, bits] = grain === 'hour' ? ['minutes', 64] : ['kinds', 16]
  const field = before ? `${what}, not kept before` : what
  const count = (column: string) =>
    `bit_count(${column}::${grain === 'hour' ? 'bigint' : 'integer'}::bit(${bits}))`
  return {
    tally: `author_${grain}`,
    field,
    text: `
      select
        '${field}' as field, bucket, null::text as dimension, null::text as key, user_id as id,
        coalesce(${count('stored')}, 0) as stored, ${count('recounted')} as recounted,
        ${horizons.kept(`author_${grain}`, 'bucket')} as checkable, true as at_least
      from recount_${grain}
      where stored is ${before ? 'not ' : ''}distinct from 0`,
  }
}
