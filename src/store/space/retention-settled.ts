import type pg from 'pg'
import { boundOf } from './partitioned-tables.ts'

/**
 * Sums what was settled by hour into the first hour of its UTC day, for days (since 1970) before one of which nobody counts
 * hours any more: what days are compared with stays. A day is one transaction. Returns how many rows that saved; ends early,
 * with the days done so far, when the signal aborts.
 */
export async function foldSettled(
  client: pg.Client,
  beforeDay: number,
  signal: AbortSignal,
): Promise<number> {
  const end = boundOf({ column: 'bucket' }, beforeDay)
  let after = '-infinity'
  let saved = 0
  while (!signal.aborted) {
    const { rows } = await client.query<{ day: string | null }>(
      `select date_trunc('day', bucket, 'UTC')::text as "day"
       from count_settled
       where bucket > $1 and bucket < ${end} and bucket <> date_trunc('day', bucket, 'UTC')
       order by bucket
       limit 1`,
      [after],
    )
    const day = rows[0]?.day
    if (!day) break
    const folded = await client.query<{ saved: number }>(fold, [day])
    saved += folded.rows[0]?.saved ?? 0
    after = day
  }
  return saved
}

const fold = `
  with gone as (
    delete from count_settled
    where bucket > $1::timestamptz and bucket < $1::timestamptz + interval '24 hours'
    returning dimension, key, n
  ), folded as (
    insert into count_settled as settled (bucket, dimension, key, n)
    select $1::timestamptz, dimension, key, sum(n)
    from gone
    group by dimension, key
    order by dimension, key
    on conflict (bucket, dimension, key) do update
    set n = settled.n + excluded.n
    returning old.bucket is null as "isNew"
  )
  select (select count(*) from gone) - (select count(*) from folded where "isNew") as "saved"`
