import type pg from 'pg'
import type { Countable } from '../dimensions/dimension.ts'
import { readStored, type StoredColumns, storedColumns } from './stored-row.ts'

const rowsAtOnce = 2_000

/**
 * The live posts of a table that count, as numbers see them, some at a time. Belongs into a transaction of the caller's, who may
 * use the connection between two steps.
 *
 * @param table one with the columns of `bluesky_post`
 */
export async function* readLivePosts(
  client: pg.Client,
  table: string,
  signal: AbortSignal,
): AsyncGenerator<Countable[]> {
  await client.query(`
    declare live_posts no scroll cursor for
    select ${storedColumns('bluesky_post', 'post')}
    from ${table} post
    where operation <> 'delete' and not hidden`)
  for (;;) {
    signal.throwIfAborted()
    const { rows } = await client.query<StoredColumns>(`fetch ${rowsAtOnce} from live_posts`)
    if (rows.length === 0) break
    yield rows.map(readStored)
  }
  await client.query('close live_posts')
}
