import type pg from 'pg'
import { encodeArray } from '../db/array-encoder.ts'
import { type Grain, grains } from '../dimensions/dimension.ts'
import { dimensions } from '../dimensions/registry.ts'
import type { AuthorCount } from './author-counts.ts'
import { behindHorizon } from './horizons.ts'

/** How many rows more (or fewer) contribute to a key in a minute. */
export interface CountChange {
  readonly bucketUs: number
  readonly dimension: string
  readonly key: string
  readonly n: number
}

export interface CountChanges {
  readonly rows: readonly CountChange[]
  readonly authors: readonly AuthorCount[]
  readonly part: number
}

/**
 * Adds changes to the counts of all grains, in the order of the keys so that writers cannot deadlock. One statement for all
 * three: while a batch is decoded ahead, every answer waits for a turn.
 */
export async function mergeCounts(
  client: pg.Client,
  { rows, authors, part }: CountChanges,
): Promise<void> {
  if (rows.length === 0 && authors.length === 0) return
  await client.query({
    name: 'merge-counts',
    text: merge,
    values: [
      part,
      encodeArray(
        'timestamptz',
        rows.map(({ bucketUs }) => bucketUs),
      ),
      encodeArray(
        'text',
        rows.map(({ dimension }) => dimension),
      ),
      encodeArray(
        'text',
        rows.map(({ key }) => key),
      ),
      encodeArray(
        'int8',
        rows.map(({ n }) => n),
      ),
      encodeArray(
        'text',
        authors.map(({ grain }) => grain),
      ),
      encodeArray(
        'timestamptz',
        authors.map(({ bucketUs }) => bucketUs),
      ),
      encodeArray(
        'text',
        authors.map(({ dimension }) => dimension),
      ),
      encodeArray(
        'text',
        authors.map(({ key }) => key),
      ),
      encodeArray(
        'int8',
        authors.map(({ n }) => n),
      ),
    ],
  })
}

const merge = `
  with change as materialized (
    select bucket, dimension, key, n
    from unnest($2::timestamptz[], $3::text[], $4::text[], $5::int8[]) as c (bucket, dimension, key, n)
  ),
  author as materialized (
    select grain, bucket, dimension, key, n
    from unnest($6::text[], $7::timestamptz[], $8::text[], $9::text[], $10::int8[]) as a (grain, bucket, dimension, key, n)
  ),
  ${grains.map((grain) => `${grain}s as (${mergeGrain(grain)})`).join(',')}
  select`

function mergeGrain(grain: Grain): string {
  const left = dimensions.filter((dimension) => !dimension.grains.includes(grain))
  const names = left.map(({ name }) => `'${name}'`).join(', ')
  return `
    insert into count_${grain} as count (dimension, bucket, key, part, n, authors)
    select dimension, bucket, key, $1::smallint, sum(n), sum(authors)
    from (
      select dimension, date_trunc('${grain}', bucket, 'UTC') as bucket, key, n, 0 as authors
      from change
      ${left.length > 0 ? `where dimension not in (${names})` : ''}
      union all
      select dimension, bucket, key, 0, n
      from author
      where grain = '${grain}'
    ) as changed
    ${grain === 'day' ? '' : `where ${behindHorizon('bucket', `count_${grain}`)}`}
    group by dimension, bucket, key
    having sum(n) <> 0 or sum(authors) <> 0
    order by dimension, bucket, key
    on conflict (dimension, bucket, key, part) do update
    set n = count.n + excluded.n,
        authors = count.authors + excluded.authors`
}
