import { sql } from '../db/sql.ts'
import type { Range } from './period.ts'
import type { Database } from './question.ts'
import { remember } from './remember.ts'
import { type Counted, learnedHours } from './silence.ts'
import { grainMs } from './slices.ts'
import { asOfUs } from './sources.ts'

/** Collections looked at: names are chosen by strangers. */
const mostCollections = 200
const minutesLooked = 30
/** Closed hours change only by replays and deletes. */
const hoursKeptMs = 300_000

interface Row {
  /** Null for all collections together. */
  readonly key: string | null
  readonly bucketMs: number
  readonly n: number
}

/**
 * Reads what `judgeCollections` needs. The closed hours are read every five minutes, the running hour and the last half
 * hour of minutes each time.
 *
 * @returns null before the first event
 */
export function createSilenceCounts(
  db: Database,
  now: () => number,
): () => Promise<Counted | null> {
  let known: { readonly hourMs: number; readonly read: () => Promise<Row[]> } | null = null
  const readClosed = (hourMs: number): Promise<Row[]> => {
    if (known?.hourMs !== hourMs) {
      known = { hourMs, read: remember(hoursKeptMs, now, () => readClosedHours(hourMs, db)) }
    }
    return known.read()
  }
  return async () => {
    const [listened] = await db.query<{ asOfUs: number | null; sinceUs: number | null }>(sql`
      select ${asOfUs} as "asOfUs", min(nullif(first_time_us, 0)) as "sinceUs"
      from position`)
    if (!listened?.asOfUs) return null
    const asOfMs = listened.asOfUs / 1000
    const runningMs = Math.floor(asOfMs / grainMs.hour) * grainMs.hour
    const minutesFromMs =
      Math.floor(asOfMs / grainMs.minute) * grainMs.minute - minutesLooked * grainMs.minute
    const closed = await readClosed(runningMs)
    // Those that were large before this hour are looked at however small they are now.
    const large = [...new Set(closed.flatMap(({ key }) => key ?? []))]
    const [running, recent] = await Promise.all([
      readRunningHour(runningMs, large, db),
      readMinutes({ fromMs: minutesFromMs, toMs: asOfMs }, large, db),
    ])
    return {
      asOfMs,
      listeningSinceMs: (listened.sinceUs ?? listened.asOfUs) / 1000,
      minutesFromMs,
      ...recent,
      ...byHour([...closed, ...running]),
    }
  }
}

/** The largest collections by hour, and all together. */
function readClosedHours(untilMs: number, db: Database): Promise<Row[]> {
  // Twice the hours that are learned from: those before the newest event of one that has been silent for as long.
  const from = new Date(untilMs - 2 * learnedHours * grainMs.hour)
  return db.query<Row>(sql`
    with hour as materialized (
      select key, bucket, sum(n)::bigint as n
      from count_hour
      where dimension = 'collection' and bucket >= ${from} and bucket < ${new Date(untilMs)}
      group by key, bucket
      having sum(n) > 0
    ),
    largest as (
      select key
      from hour
      group by key
      order by sum(n) desc
      limit ${mostCollections}
    )
    select key, (extract(epoch from bucket) * 1000)::bigint as "bucketMs", n
    from hour join largest using (key)
    union all
    select null, (extract(epoch from bucket) * 1000)::bigint, sum(n)::bigint
    from hour
    group by bucket`)
}

function readRunningHour(hourMs: number, large: readonly string[], db: Database): Promise<Row[]> {
  return db.query<Row>(sql`
    with hour as (
      select key, sum(n)::bigint as n
      from count_hour
      where dimension = 'collection' and bucket = ${new Date(hourMs)}
      group by key
      having sum(n) > 0
    )
    (
      select key, ${hourMs}::bigint as "bucketMs", n
      from hour
      order by key = any(${large}) desc, n desc
      limit ${2 * mostCollections}
    )
    union all
    select null, ${hourMs}::bigint, coalesce(sum(n), 0)::bigint from hour`)
}

async function readMinutes(
  { fromMs, toMs }: Range,
  large: readonly string[],
  db: Database,
): Promise<Pick<Counted, 'minutes' | 'newestMinutes'>> {
  const rows = await db.query<Row>(sql`
    with minute as materialized (
      select key, bucket, sum(n)::bigint as n
      from count_minute
      where dimension = 'collection' and bucket >= ${new Date(fromMs)} and bucket <= ${new Date(toMs)}
      group by key, bucket
      having sum(n) > 0
    )
    (
      select key, (extract(epoch from max(bucket)) * 1000)::bigint as "bucketMs", sum(n)::bigint as n
      from minute
      group by key
      order by key = any(${large}) desc, n desc
      limit ${2 * mostCollections}
    )
    union all
    select null, (extract(epoch from bucket) * 1000)::bigint, sum(n)::bigint
    from minute
    group by bucket`)
  const minutes = new Map<number, number>()
  const newestMinutes = new Map<string, number>()
  for (const { key, bucketMs, n } of rows) {
    if (key === null) minutes.set(bucketMs, n)
    else newestMinutes.set(key, bucketMs)
  }
  return { minutes, newestMinutes }
}

function byHour(rows: readonly Row[]): Pick<Counted, 'hours' | 'hoursOf'> {
  const hours = new Map<number, number>()
  const hoursOf = new Map<string, Map<number, number>>()
  for (const { key, bucketMs, n } of rows) {
    if (key === null) {
      hours.set(bucketMs, n)
      continue
    }
    const of = hoursOf.get(key) ?? new Map<number, number>()
    of.set(bucketMs, n)
    hoursOf.set(key, of)
  }
  return { hours, hoursOf }
}
