import type pg from 'pg'
import { encodeArray } from '../db/array-encoder.ts'
import type { Countable } from '../dimensions/dimension.ts'
import { dimensions } from '../dimensions/registry.ts'
import type { Id } from '../event/ids.ts'
import type { AuthorCount, AuthorCounts } from './author-counts.ts'
import { behindHorizon } from './horizons.ts'
import { type CountChange, mergeCounts } from './merge-counts.ts'

const minuteUs = 60_000_000
const minutesPerHour = 60
const hoursPerDay = 24
const dayUs = hoursPerDay * minutesPerHour * minuteUs

interface Alike {
  readonly row: Countable
  n: number
}

interface AuthorDelta {
  readonly hour: number
  readonly dimension: string
  readonly key: string
  readonly userId: Id
  n: number
}

/**
 * What a batch changes about the counts, by minute, and about the accounts behind them, by hour; longer buckets are summed from
 * it where it is stored. A write adds the keys of the new row and takes away those of the old one, whatever the operation was.
 */
export class CountDeltas {
  /** minute → dimension → key → n */
  readonly #minutes = new Map<number, Map<string, Map<string, number>>>()
  /** Nine rows of ten are no posts and differ in nothing that is counted: they are counted together first. */
  readonly #alike = new Map<number, Map<string, Map<string, Alike>>>()
  readonly #authors = new Map<string, AuthorDelta>()

  /** @param n how often the row is added; negative where it is taken away */
  add(row: Countable, n: number): void {
    if (row.hidden) return
    if (row.post) {
      this.#spread(row, n)
      this.#addAuthors(row, n)
      return
    }
    const byCollection = getOrCreate(
      this.#alike,
      Math.floor(row.timeUs / minuteUs),
      newMap<string, Map<string, Alike>>,
    )
    const byOperation = getOrCreate(byCollection, row.collection, newMap<string, Alike>)
    const alike = byOperation.get(row.operation)
    if (alike) alike.n += n
    else byOperation.set(row.operation, { row, n })
  }

  /**
   * Adds everything to the counts, under the writer's part, and the accounts behind them to `authors`, which it writes too.
   * Belongs into the transaction that writes the rows.
   */
  async write(client: pg.Client, part: number, authors: AuthorCounts): Promise<void> {
    await this.#writeAuthors(client, authors)
    for (const byCollection of this.#alike.values()) {
      for (const byOperation of byCollection.values()) {
        for (const { row, n } of byOperation.values()) this.#spread(row, n)
      }
    }
    this.#alike.clear()
    await mergeCounts(client, { rows: this.#rows(), authors: [...authors.values()], part })
  }

  async #writeAuthors(client: pg.Client, authors: AuthorCounts): Promise<void> {
    const deltas = [...this.#authors.values()].filter(({ n }) => n !== 0)
    if (deltas.length === 0) return
    await lockAuthors(client, deltas)
    const { rows } = await client.query<AuthorCount>({
      name: 'merge-author-key',
      text: mergeAuthorKeys,
      values: [
        encodeArray(
          'date',
          deltas.map(({ hour }) => Math.floor(hour / hoursPerDay)),
        ),
        encodeArray(
          'int2',
          deltas.map(({ hour }) => hour % hoursPerDay),
        ),
        encodeArray(
          'text',
          deltas.map(({ dimension }) => dimension),
        ),
        encodeArray(
          'text',
          deltas.map(({ key }) => key),
        ),
        encodeArray(
          'uuid',
          deltas.map(({ userId }) => userId),
        ),
        encodeArray(
          'int4',
          deltas.map(({ n }) => n),
        ),
      ],
    })
    for (const { grain, bucketUs, dimension, key, n } of rows) {
      authors.add(grain, bucketUs, dimension, key, n)
    }
  }

  /** What cancelled out is left out. */
  #rows(): CountChange[] {
    const rows: CountChange[] = []
    for (const [minute, byDimension] of this.#minutes) {
      for (const [dimension, counts] of byDimension) {
        for (const [key, n] of counts) {
          if (n !== 0) rows.push({ bucketUs: minute * minuteUs, dimension, key, n })
        }
      }
    }
    return rows
  }

  #spread(row: Countable, n: number): void {
    const byDimension = getOrCreate(
      this.#minutes,
      Math.floor(row.timeUs / minuteUs),
      newMap<string, Map<string, number>>,
    )
    for (const { name, keys } of dimensions) {
      for (const key of keys(row)) {
        const counts = getOrCreate(byDimension, name, newMap<string, number>)
        counts.set(key, (counts.get(key) ?? 0) + n)
      }
    }
  }

  #addAuthors(row: Countable, n: number): void {
    const { userId, timeUs } = row
    const hour = Math.floor(timeUs / minuteUs / minutesPerHour)
    for (const { name, keys, authors } of dimensions) {
      if (!authors) continue
      for (const key of keys(row)) {
        const id = `${userId}${hour} ${name} ${key}`
        const known = this.#authors.get(id)
        if (known) known.n += n
        else this.#authors.set(id, { hour, dimension: name, key, userId, n })
      }
    }
  }
}

/**
 * Two writers may store the same account at once, such as a replay beside a start: each would take it for the first on a day in
 * which the other has just put it. The rows that say that the accounts were active are there by now, and are what both wait
 * for. A statement of its own, so that the next one sees what was waited for.
 */
async function lockAuthors(client: pg.Client, deltas: readonly AuthorDelta[]): Promise<void> {
  const days = new Map<string, { userId: Id; dayUs: number }>()
  for (const { userId, hour } of deltas) {
    const day = Math.floor(hour / hoursPerDay)
    days.set(`${userId}${day}`, { userId, dayUs: day * dayUs })
  }
  const rows = [...days.values()]
  await client.query({
    name: 'lock-authors',
    text: `select
           from author_day
           join unnest($1::timestamptz[], $2::uuid[]) as author (bucket, user_id) using (bucket, user_id)
           order by bucket, user_id
           for no key update of author_day`,
    values: [
      encodeArray(
        'timestamptz',
        rows.map((row) => row.dayUs),
      ),
      encodeArray(
        'uuid',
        rows.map((row) => row.userId),
      ),
    ],
  })
}

/**
 * An account is behind a key in an hour while the sum of its rows there is above 0, and on a day while it is so in any of its
 * hours. What the statement reads beside what it writes is as it was before.
 */
const mergeAuthorKeys = `
  with merged as (
    insert into author_key as stored (day, dimension, key, user_id, hour, n)
    select day, dimension, key, user_id, hour, n
    from unnest($1::date[], $2::int2[], $3::text[], $4::text[], $5::uuid[], $6::int4[])
      as change (day, hour, dimension, key, user_id, n)
    where ${behindHorizon(`day::timestamp at time zone 'UTC'`, 'author_key')}
    order by dimension, key, user_id, day, hour
    on conflict (dimension, key, user_id, day, hour) do update
    set n = stored.n + excluded.n
    returning
      new.day as day, new.dimension as dimension, new.key as key, new.user_id as user_id, new.hour as hour,
      coalesce(old.n, 0) > 0 as was, new.n > 0 as live
  ),
  touched as (
    select
      day, dimension, key, user_id,
      count(*) filter (where was) as were,
      count(*) filter (where live) as live
    from merged
    group by day, dimension, key, user_id
    having bool_or(was <> live)
  ),
  days as (
    select day, dimension, key, live > 0 as live, were > 0 as was
    from touched
    where (live > 0) <> (were > 0)
      and (
        select count(*)
        from author_key as k
        where k.dimension = touched.dimension and k.key = touched.key and k.user_id = touched.user_id
          and k.day = touched.day and k.n > 0
      ) = were
  )
  select
    'hour' as "grain",
    (extract(epoch from day) * 1000000 + hour * 3600000000)::bigint as "bucketUs",
    dimension as "dimension",
    key as "key",
    sum(live::int - was::int) as "n"
  from merged
  where live <> was
  group by day, hour, dimension, key
  union all
  select 'day', (extract(epoch from day) * 1000000)::bigint, dimension, key, sum(live::int - was::int)
  from days
  group by day, dimension, key`

function newMap<K, V>(): Map<K, V> {
  return new Map()
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
    map.set(key, value)
  }
  return value
}
