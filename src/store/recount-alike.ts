import type pg from 'pg'
import type { Countable } from '../dimensions/dimension.ts'
import type { Operation } from '../event/event.ts'

/** Rows that differ in nothing that dimensions count: any of them stands for all. */
export interface Alike {
  readonly row: Countable
  readonly n: number
}

interface Group {
  readonly timeUs: number
  readonly collection: string
  readonly operation: Operation
  readonly n: number
}

/**
 * The rows of a table that count and are no live posts, grouped by what dimensions make numbers from. Only their times are
 * rounded down.
 *
 * @param table one with the columns of `bluesky_post` or `bluesky_record`
 * @param bucketUs to what their times are rounded
 */
export async function readAlike(
  client: pg.Client,
  table: string,
  bucketUs: number,
): Promise<Alike[]> {
  const { rows } = await client.query<Group>(
    `select
       time_us / $1::bigint * $1::bigint as "timeUs", collection as "collection", operation as "operation",
       count(*) as "n"
     from ${table}
     where not hidden ${table.startsWith('bluesky_post') ? `and operation = 'delete'` : ''}
     group by 1, 2, 3`,
    [bucketUs],
  )
  return rows.map(({ n, ...group }) => ({
    row: { ...group, userId: '', hidden: false, subject: null, post: null },
    n,
  }))
}
