import type pg from 'pg'

/** What came of comparing the numbers of one kind. */
export interface Comparison {
  /** Table, and columns. */
  readonly tally: string
  readonly field: string
  /** How many numbers were compared. */
  readonly compared: number
  /** Of those: how many may be greater than what rows tell, because rows of theirs were dropped. */
  readonly atLeast: number
  /** How many could not be compared, because what they are made from was dropped. */
  readonly leftOut: number
  readonly differences: number
}

/** A number that is not what it should be. */
export interface Difference {
  readonly tally: string
  readonly field: string
  /** Begin of its bucket. */
  readonly bucket: Date
  readonly dimension: string | null
  readonly key: string | null
  /** Account, or the post or account that is pointed at. */
  readonly id: string | null
  readonly stored: number
  readonly recounted: number
}

export interface Pairs {
  readonly tally: string
  readonly field: string
  /**
   * A select of (field, bucket, dimension, key, id, stored, recounted, checkable, at_least): each number twice. One that is only
   * known at least may be greater than what was recounted.
   */
  readonly text: string
  readonly values?: readonly unknown[]
}

/** Notes the pairs that differ, and says how many there are. */
export async function comparePairs(
  client: pg.Client,
  { tally, field, text, values = [] }: Pairs,
): Promise<Comparison> {
  const { rows } = await client.query<Omit<Comparison, 'tally' | 'field'>>(
    `with pair as materialized (${text}),
     found as (
       insert into recount_difference (tally, field, bucket, dimension, key, id, stored, recounted)
       select '${tally}', field, bucket, dimension, key, id, stored, recounted
       from pair
       where checkable and (stored < recounted or (stored > recounted and not at_least))
       order by dimension, bucket, key, id
       returning 1
     )
     select
       count(*) filter (where checkable) as "compared",
       count(*) filter (where checkable and at_least) as "atLeast",
       count(*) filter (where not checkable) as "leftOut",
       (select count(*) from found) as "differences"
     from pair`,
    [...values],
  )
  const [counts = { compared: 0, atLeast: 0, leftOut: 0, differences: 0 }] = rows
  return { tally, field, ...counts }
}

/** The first differences, in the order in which they were found. */
export async function readDifferences(client: pg.Client, limit: number): Promise<Difference[]> {
  const { rows } = await client.query<Difference>(
    `select
       tally as "tally", field as "field", bucket as "bucket", dimension as "dimension", key as "key", id as "id",
       stored as "stored", recounted as "recounted"
     from recount_difference
     order by place
     limit $1`,
    [limit],
  )
  return rows
}
