import type pg from 'pg'
import type { Countable } from '../../dimensions/dimension.ts'
import { readStored, type StoredColumns, storedColumns } from '../stored-row.ts'
import { readInSteps } from './recount-cursor.ts'
import { type DayRange, within } from './recount-range.ts'

/**
 * The live posts of a table that count, as numbers see them, some at a time; see `readInSteps`.
 *
 * @param table one with the columns of `bluesky_post`
 * @param range of their network time
 */
export async function* readLivePosts(
  client: pg.Client,
  { table, range }: { readonly table: string; readonly range: DayRange },
  signal: AbortSignal,
): AsyncGenerator<Countable[]> {
  const statement = `
    select ${storedColumns('bluesky_post', 'post')}
    from ${table} post
    where operation <> 'delete' and not hidden and ${within.timesUs(range)}`
  for await (const rows of readInSteps<StoredColumns>(client, statement, signal)) {
    yield rows.map(readStored)
  }
}
