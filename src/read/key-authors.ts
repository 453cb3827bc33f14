import type { DimensionName } from '../contract/common.ts'
import { sql } from '../db/sql.ts'
import { activityHours, lastIdOf } from './active-accounts.ts'
import { countedRows } from './counted.ts'
import { hasAuthors } from './grains.ts'
import { allKept, keysOf, maxScanned, postsWhere } from './matched.ts'
import type { Range } from './period.ts'
import type { ReadContext } from './question.ts'
import type { Ranked } from './ranking.ts'
import { grainMs } from './slices.ts'
import { anyOf } from './tsquery.ts'

/** Different accounts behind some keys. */
export interface KeyAuthors {
  /** A key is missing where it cannot be told. */
  readonly byKey: ReadonlyMap<string, number>
  /** What they were counted over. */
  readonly over: Range
  readonly estimated: boolean
}

/** Rows that are read for all keys together, some tenths of a second of work … */
const mostRows = 400_000
/** … but of each so many, for an error of about 2 %. */
const leastRows = 4_000
/** From this length on, half an hour more or less at the start is small. */
const longMs = 6 * grainMs.hour
/** Rows of an account and a day, one for each hour in which it used the key; less than this for nearly all keys. */
const rowsPerDay = 2
const lexemes: Partial<Record<DimensionName, string>> = {
  language: 'lang:',
  tag: 'tag:',
  domain: 'domain:',
}

/**
 * Counts the accounts behind keys of a ranking by counts. Accounts are kept by clock hour, as activity is, and of a range that is
 * no whole hours the nearest are taken, as for active accounts. Where that would be too rough they are counted among the posts, if
 * these are few enough to read and all still stored. Null where the dimension has none, or nothing can be told.
 */
export async function countAuthors(
  dimension: DimensionName,
  items: readonly Ranked[],
  range: Range,
  context: ReadContext,
): Promise<KeyAuthors | null> {
  if (!hasAuthors(dimension) || items.length === 0) return null
  const whole = range.fromMs % grainMs.hour === 0 && range.toMs % grainMs.hour === 0
  if (whole || range.toMs - range.fromMs >= longMs) {
    return overHours(dimension, items, activityHours(range), context)
  }
  return amongPosts(dimension, items, range, context)
}

interface Counted {
  readonly key: string
  /** Whether accounts were counted wherever rows were. */
  readonly known: boolean
  readonly buckets: number
  /** Sum over the buckets: as many as there are, and those of several buckets doubled. */
  readonly most: number
  readonly firstDay: Date
}

async function overHours(
  dimension: DimensionName,
  items: readonly Ranked[],
  over: Range,
  context: ReadContext,
): Promise<KeyAuthors> {
  const keys = items.map(({ key }) => key)
  const counted = await context.db.query<Counted>(sql`
    select
      key, bool_and(authors > 0) as "known", count(*) as "buckets",
      sum(authors)::bigint as "most", min(bucket) as "firstDay"
    from (
      select key, bucket, sum(n) as n, sum(authors) as authors
      from (${countedRows(dimension, [over.fromMs, over.toMs], keys)}) as counted
      group by key, bucket
    ) as bucket
    where n > 0
    group by key`)
  const told = counted.filter(({ known }) => known)
  const byKey = new Map(
    told.flatMap(({ key, buckets, most }) => (buckets === 1 ? [[key, most]] : [])),
  )
  const several = told.filter(({ buckets }) => buckets > 1)
  if (several.length === 0) return { byKey, over, estimated: false }
  const shifts = shiftsOf(several.map((one) => one.most * rowsPerDay))
  const rows = await distinct(dimension, several, { over, shifts }, context)
  for (const { index, held, accounts } of rows) {
    const one = several[index]
    if (one && held) byKey.set(one.key, accounts * 2 ** (shifts[index] ?? 0))
  }
  return { byKey, over, estimated: shifts.some((shift) => shift > 0) }
}

/** Of each key one account in 2^shift is counted: all of them where there are few enough rows in all. */
function shiftsOf(rows: readonly number[]): number[] {
  if (rows.reduce((sum, n) => sum + n, 0) <= mostRows) return rows.map(() => 0)
  const most = Math.max(leastRows, mostRows / rows.length)
  return rows.map((n) => Math.max(0, Math.ceil(Math.log2(n / most))))
}

/** Ids of accounts are hashes: those below one are a fair sample, which the key of `author_key` finds without the others. */
function distinct(
  dimension: DimensionName,
  counted: readonly Counted[],
  { over, shifts }: { over: Range; shifts: readonly number[] },
  { db }: ReadContext,
) {
  const first = new Date(over.fromMs)
  const last = new Date(over.toMs - 1)
  const dayOf = (time: Date) => time.toISOString().slice(0, 10)
  // Rows of a day may have been dropped by age while its counts stay: `held` tells.
  return db.query<{ index: number; held: boolean; accounts: number }>(sql`
    select
      wanted.index::int - 1 as "index",
      exists (
        select
        from author_key
        where dimension = ${dimension} and key = wanted.key and day = wanted.first_day
      ) as "held",
      found.accounts
    from
      unnest(
        ${counted.map(({ key }) => key)}::text[],
        ${shifts.map(lastIdOf)}::uuid[],
        ${counted.map(({ firstDay }) => dayOf(firstDay))}::date[]
      ) with ordinality as wanted (key, last_id, first_day, index)
      cross join lateral (
        select count(distinct user_id) as accounts
        from (
          select user_id
          from author_key
          where dimension = ${dimension}
            and key = wanted.key
            and user_id <= wanted.last_id
            and day >= ${dayOf(first)}::date
            and day <= ${dayOf(last)}::date
            and (day > ${dayOf(first)}::date or hour >= ${first.getUTCHours()}::int)
            and (day < ${dayOf(last)}::date or hour <= ${last.getUTCHours()}::int)
            and n > 0
          offset 0
        ) as held
      ) as found`)
}

async function amongPosts(
  dimension: DimensionName,
  items: readonly Ranked[],
  range: Range,
  { db }: ReadContext,
): Promise<KeyAuthors | null> {
  const prefix = lexemes[dimension]
  const posts = items.reduce((sum, { count }) => sum + count, 0)
  if (prefix === undefined || posts > maxScanned) return null
  const keys = items.map(({ key }) => key)
  const condition = sql`p.search @@ ${anyOf(keys.map((key) => prefix + key))}::tsquery`
  const rows = await db.query<{ key: string; accounts: number }>(sql`
    with matched as materialized (${postsWhere(condition, range)})
    select key, count(distinct m.user_id) as accounts
    from matched m, unnest(${keysOf[dimension]}) as key
    where key = any(${keys}) and ${allKept(range)}
    group by key`)
  return {
    byKey: new Map(rows.map(({ key, accounts }) => [key, accounts])),
    over: range,
    estimated: false,
  }
}
