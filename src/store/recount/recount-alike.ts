import type pg from 'pg'
import type { Countable } from '../../dimensions/dimension.ts'
import type { Operation } from '../../event/event.ts'
import { readInSteps } from './recount-cursor.ts'
import { type DayRange, within } from './recount-range.ts'

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

export interface AlikeOptions {
  /** One with the columns of `bluesky_post` or `bluesky_record`, whose name begins with that. */
  readonly table: string
  /** Of their network time. */
  readonly range: DayRange
  /** To what their times are rounded down. */
  readonly bucketUs: number
}

/** The rows of a table that count and are no live posts, grouped by what dimensions make numbers from; see `readInSteps`. */
export async function* readAlike(
  client: pg.Client,
  { table, range, bucketUs }: AlikeOptions,
  signal: AbortSignal,
): AsyncGenerator<Alike[]> {
  const bucket = `time_us / ${bucketUs} * ${bucketUs}`
  const statement = `
    select ${bucket} as "timeUs", collection as "collection", operation as "operation", count(*) as "n"
    from ${table}
    where not hidden and ${within.timesUs(range)} ${table.startsWith('bluesky_post') ? `and operation = 'delete'` : ''}
    group by ${bucket}, collection, operation`
  for await (const groups of readInSteps<Group>(client, statement, signal)) {
    yield groups.map(({ n, ...group }) => ({
      row: { ...group, userId: '', hidden: false, subject: null, post: null },
      n,
    }))
  }
}
