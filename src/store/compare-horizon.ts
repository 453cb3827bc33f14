import type pg from 'pg'
import { boundOf } from './partitioned-tables.ts'

/** From when on a table tells everything. */
export interface Horizons {
  /** As a timestamptz of SQL. */
  of(table: string): string
  /**
   * Under which bucket `recount_dropped` says that rows of a key were dropped, as an expression of SQL. What was settled by hour
   * is summed by day where hours are not kept any more.
   */
  dropped(bucket: string): string
}

/** @param days by table, the UTC day since 1970 before which it keeps nothing */
export function horizonsOf(days: ReadonlyMap<string, number>): Horizons {
  const of = (table: string) => {
    const day = days.get(table)
    const bound = day === undefined ? `'-infinity'` : boundOf({ column: 'bucket' }, day)
    return `timestamptz ${bound}`
  }
  return {
    of,
    dropped: (bucket) =>
      `date_trunc(case when ${bucket} < ${of('count_hour')} then 'day' else 'hour' end, ${bucket}, 'UTC')`,
  }
}

/** Notes of which keys rows were dropped, and when these rows were of. To be called once, before anything is compared. */
export async function gatherDropped(client: pg.Client, horizons: Horizons): Promise<void> {
  await client.query(`
    insert into recount_dropped (bucket, dimension, key)
    select distinct ${horizons.dropped('bucket')}, dimension, key
    from recount_settled
    where n <> 0`)
  await client.query('analyze recount_dropped')
}
