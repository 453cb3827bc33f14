import type pg from 'pg'
import { expect, inject, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openClient } from '../../src/db/pool.ts'
import { dropSchema } from '../../src/db/reset.ts'
import type { Frame } from '../../src/event/frame.ts'
import { formatTid } from '../../src/event/tid.ts'
import { chores } from '../../src/pipeline/chores.ts'
import {
  dropOldStrays,
  dropTooOld,
  gatherEngagement,
  makeRoom,
  type SpaceOptions,
} from '../../src/pipeline/retention.ts'
import { dayOf } from '../../src/pipeline/retention-rules.ts'
import { readHorizons } from '../../src/store/horizons.ts'
import { settlePartition } from '../../src/store/recount/settle-partition.ts'
import { formatDay } from '../../src/store/space/partitioned-tables.ts'
import { Partitions } from '../../src/store/space/partitions.ts'
import {
  dropRetired,
  listPartitions,
  listRetired,
  retirePartition,
} from '../../src/store/space/retention-partitions.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import { baseUs, commit, framesOf } from '../support/events.ts'

const dayUs = 86_400_000_000
const today = dayOf(Date.now())
const { signal } = new AbortController()
const standard = readConfig({ DATABASE_URL: 'postgresql://none@127.0.0.1/none' })

interface Place extends AsyncDisposable {
  readonly url: string
  readonly client: pg.Client
  readonly store: Store
  /** Stores posts and likes of a day, so many days before today. */
  fill(daysAgo: number, posts: number): Promise<void>
}

async function openPlace(): Promise<Place> {
  await using scope = new AsyncDisposableStack()
  const { url } = scope.use(await openTestDatabase(inject('databaseUrl')))
  const client = await connect(url)
  scope.defer(() => client.end())
  const store = scope.use(await openStore({ url, source: 'jetstream' }))
  const owned = scope.move()
  return {
    url,
    client,
    store,
    async fill(daysAgo, posts) {
      const frames = arrived(eventsOf(daysAgo, posts))
      await store.write(await store.prepare({ frames, gaps: [] }))
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function connect(url: string): Promise<pg.Client> {
  return openClient({ url, statementTimeoutMs: 0, applicationName: 'test maintain' })
}

/** Each post is liked once; the rkey's time is that of the event. */
function eventsOf(daysAgo: number, posts: number, rkeyDaysAgo = daysAgo): object[] {
  return Array.from({ length: posts }, (_, index) => {
    const atUs = (today - daysAgo) * dayUs + (index % 86_000) * 1_000_000 - baseUs
    const rkey = formatTid((today - rkeyDaysAgo) * dayUs + index * 1_000, 5)
    const did = `did:plc:author${index % 40}`
    const uri = `at://${did}/app.bsky.feed.post/${rkey}`
    const text = { $type: 'app.bsky.feed.post', text: 'bread', langs: ['pt'], tags: ['rye'] }
    return [
      commit({ did, rkey, atUs, record: text }),
      commit({ did, rkey, atUs, collection: 'app.bsky.feed.like', record: { subject: { uri } } }),
    ]
  }).flat()
}

function optionsWith(settings: Partial<SpaceOptions['settings']>): SpaceOptions {
  return { settings: { ...standard, ...settings }, settle: settlePartition, signal }
}

async function partitionsOf(client: pg.Client, table: string): Promise<string[]> {
  const partitions = await listPartitions(client)
  return partitions.filter((one) => one.table === table).map(({ name }) => name)
}

const named = (table: string, ...daysAgo: number[]) =>
  daysAgo.map((ago) => `${table}_${formatDay(today - ago).replaceAll('-', '')}`)

/** What counts by hour say beyond what was settled and what rows tell: nothing, where both agree. */
async function countsBeyondRows(url: string): Promise<object[]> {
  return readRows(
    url,
    `select bucket, dimension, key, sum(n)::int as n
     from (
       select bucket, dimension, key, n from count_hour where dimension = 'collection'
       union all
       select bucket, dimension, key, -n from count_settled where dimension = 'collection'
       union all
       select date_trunc('hour', to_timestamp(time_us / 1000000), 'UTC'), 'collection', collection, -1
       from (select time_us, collection from bluesky_post union all select time_us, collection from bluesky_record)
     ) as told
     group by 1, 2, 3
     having sum(n) <> 0`,
  )
}

async function countHours(url: string): Promise<object[]> {
  return readRows(
    url,
    `select bucket, dimension, key, sum(n)::int as n from count_hour group by 1, 2, 3 order by 1, 2, 3`,
  )
}

test('a day gets a partition of every table, a month where tables go by month, made as the one for the rest is', async () => {
  await using place = await openPlace()
  await place.client.query(
    `insert into count_minute (bucket, dimension, key, n) values (to_timestamp($1), 'tag', 'rye', 1)`,
    [(today * dayUs) / 1e6],
  )
  await new Partitions().create(place.client, today)
  const [day, month] = [
    formatDay(today).replaceAll('-', ''),
    formatDay(today).slice(0, 7).replace('-', ''),
  ]
  expect((await listPartitions(place.client)).map(({ name }) => name).sort()).toEqual([
    `author_day_${month}`,
    `author_hour_${day}`,
    `author_key_${day}`,
    `bluesky_post_${day}`,
    `bluesky_record_${day}`,
    `count_hour_${month}`,
    `count_minute_${day}`,
  ])
  expect(
    await readRows(
      place.url,
      `select p.relname from pg_inherits join pg_class p on p.oid = inhrelid
       join pg_class o on o.oid = to_regclass(inhparent::regclass::text || '_other')
       where p.reloptions is distinct from o.reloptions`,
    ),
  ).toEqual([])
  expect(
    await readRows(place.url, 'select tableoid::regclass::text as name from count_minute'),
  ).toEqual([{ name: `count_minute_${day}` }])
})

test('what is too old goes by partition, and what it counted stays', async () => {
  await using place = await openPlace()
  for (const ago of [40, 12, 5, 0]) await place.fill(ago, 30)
  const before = await countHours(place.url)
  const said = await dropTooOld(
    place.client,
    optionsWith({ RETENTION_RECORDS_DAYS: 10, RETENTION_POSTS_DAYS: 30 }),
  )
  expect(said).toMatch(/^dropped bluesky_post_\d+, bluesky_record_\d+, count_minute_\d+/)
  expect(await partitionsOf(place.client, 'bluesky_post')).toEqual(named('bluesky_post', 12, 5, 0))
  expect(await partitionsOf(place.client, 'bluesky_record')).toEqual(named('bluesky_record', 5, 0))
  expect(await partitionsOf(place.client, 'count_minute')).toEqual(named('count_minute', 12, 5, 0))
  expect(await countHours(place.url)).toEqual(before)
  expect(await countsBeyondRows(place.url)).toEqual([])
  expect(
    await readRows(
      place.url,
      `select first_day::text as day from aged_out where table_name = 'bluesky_record' order by 1`,
    ),
  ).toEqual([{ day: formatDay(today - 40) }, { day: formatDay(today - 12) }])
  expect(await dropTooOld(place.client, optionsWith({}))).toBe('no partition is too old')
})

test('what aged out and comes again, in a replay, is neither stored nor counted again', async () => {
  await using place = await openPlace()
  for (const ago of [40, 5]) await place.fill(ago, 30)
  await dropTooOld(
    place.client,
    optionsWith({ RETENTION_RECORDS_DAYS: 10, RETENTION_POSTS_DAYS: 30 }),
  )
  const before = await digestDatabase(place.url)
  await using again = await openStore({ url: place.url, source: 'file:again' })
  await again.write(
    await again.prepare({
      frames: [...arrived(eventsOf(40, 30)), ...arrived(eventsOf(5, 30))],
      gaps: [],
    }),
  )
  expect(await digestDatabase(place.url)).toEqual(before)
})

test('a recording of days that were dropped is told to be too old, and counts as received nowhere', async () => {
  await using place = await openPlace()
  for (const ago of [40, 0]) await place.fill(ago, 30)
  await dropTooOld(
    place.client,
    optionsWith({ RETENTION_RECORDS_DAYS: 10, RETENTION_POSTS_DAYS: 10 }),
  )
  const { bluesky_post: posts, bluesky_record: records } = await digestDatabase(place.url)
  await using again = await openStore({ url: place.url, source: 'file:older' })
  const frames = arrived(eventsOf(41, 30))
  expect(await again.write(await again.prepare({ frames, gaps: [] }))).toEqual({
    deadLetters: [],
    agedOut: frames.length,
  })
  expect(await digestDatabase(place.url)).toMatchObject({
    bluesky_post: posts,
    bluesky_record: records,
  })
  expect(await readRows(place.url, `select from coverage where source = 'file:older'`)).toEqual([])
  expect(
    await readRows(
      place.url,
      `select first_time_us > time_us as "empty" from position where source = 'file:older'`,
    ),
  ).toEqual([{ empty: true }])
})

test('a process that is killed while it drops leaves what the next one finishes, counted once', async () => {
  await using place = await openPlace()
  for (const ago of [20, 19, 0]) await place.fill(ago, 30)
  const before = await countHours(place.url)
  const options = optionsWith({ RETENTION_RECORDS_DAYS: 10, RETENTION_POSTS_DAYS: 10 })
  for (const point of ['before', 'after'] as const) {
    const doomed = await connect(place.url)
    const settle: SpaceOptions['settle'] = async (client, partition) => {
      if (point === 'after') await settlePartition(client, partition, signal)
      await client.query('select pg_terminate_backend(pg_backend_pid())')
    }
    await expect(dropTooOld(doomed, { ...options, settle })).rejects.toThrow(/terminating/)
    await doomed.end().catch(() => undefined)
  }
  expect(await listRetired(place.client)).toHaveLength(1)
  expect(await dropTooOld(place.client, options)).toMatch(/; 1 more had been begun before$/)
  expect(await listRetired(place.client)).toEqual([])
  expect(await partitionsOf(place.client, 'bluesky_post')).toEqual(named('bluesky_post', 0))
  expect(await countHours(place.url)).toEqual(before)
  expect(await countsBeyondRows(place.url)).toEqual([])
})

test('writers go on while partitions are made and dropped around them', async () => {
  await using place = await openPlace()
  await place.fill(3, 20)
  const stop = new AbortController()
  let batches = 0
  let slowestMs = 0
  const writing = (async () => {
    for (let ago = 8; !stop.signal.aborted; ago = 3 + ((ago + 1) % 6)) {
      const started = performance.now()
      const frames = arrived(eventsOf(ago, 20).map((event) => shift(event, batches)))
      await place.store.write(await place.store.prepare({ frames, gaps: [] }))
      slowestMs = Math.max(slowestMs, performance.now() - started)
      batches++
    }
  })()
  const options = optionsWith({ RETENTION_RECORDS_DAYS: 2, RETENTION_POSTS_DAYS: 2 })
  const partitions = new Partitions()
  let dropped = 0
  for (let round = 0; round < 12; round++) {
    for (const ago of [3, 4, 5]) await partitions.create(place.client, today - ago)
    dropped += (await dropTooOld(place.client, options)).startsWith('dropped') ? 1 : 0
  }
  stop.abort()
  await writing
  expect(dropped).toBe(12)
  expect(batches).toBeGreaterThan(5)
  expect(slowestMs).toBeLessThan(10_000)
  await dropTooOld(place.client, options)
  await dropOldStrays(place.client, options)
  expect(await countsBeyondRows(place.url)).toEqual([])
})

test('who reads a table holds up neither writers nor readers while a partition waits to be dropped', async () => {
  await using place = await openPlace()
  for (const ago of [20, 0]) await place.fill(ago, 10)
  const reader = await connect(place.url)
  await reader.query('begin')
  await reader.query('select count(*) from bluesky_post')
  const partition = (await listPartitions(place.client)).find((one) => one.table === 'bluesky_post')
  if (!partition) throw new Error('no partition')
  let retired = false
  const retiring = retirePartition(place.client, partition, signal).then(() => {
    retired = true
  })
  // Longer than a lock is waited for, so that it has to give way in between.
  for (const startedMs = performance.now(); performance.now() - startedMs < 1_500; ) {
    const askedMs = performance.now()
    await place.fill(0, 5)
    await readRows(place.url, 'select count(*) from bluesky_post')
    expect(performance.now() - askedMs).toBeLessThan(3_000)
  }
  expect(retired).toBe(false)
  await reader.query('commit')
  await reader.end()
  await retiring
  expect(await listRetired(place.client)).toHaveLength(1)
})

test('a partition does not go while a writer may still store its rows', async () => {
  await using place = await openPlace()
  for (const ago of [20, 0]) await place.fill(ago, 10)
  const writer = await connect(place.url)
  await writer.query('begin')
  expect(await readHorizons(writer)).toEqual(new Map())
  const partition = (await listPartitions(place.client)).find((one) => one.table === 'bluesky_post')
  if (!partition) throw new Error('no partition')
  let retired = false
  const retiring = retirePartition(place.client, partition, signal).then(() => {
    retired = true
  })
  const waiting = `select from pg_locks where relation = 'aged_out'::regclass and not granted`
  await expect.poll(() => readRows(place.url, waiting), { interval: 20 }).toHaveLength(1)
  expect(retired).toBe(false)
  await writer.query('commit')
  await writer.end()
  await retiring
  expect(await listRetired(place.client)).toHaveLength(1)
})

test('rows outside of partitions go when their last operation is too old, whatever their id says', async () => {
  await using place = await openPlace()
  await place.fill(20, 5)
  // Of the same days, with ids of long ago; the days already have their partitions.
  const odd = (ago: number) =>
    arrived(eventsOf(ago, 25, 2_000 + ago).map((event) => shift(event, ago)))
  for (const ago of [20, 19, 1]) {
    await place.store.write(await place.store.prepare({ frames: odd(ago), gaps: [] }))
  }
  const strays = () => readRows(place.url, 'select id from bluesky_record_other')
  expect(await strays()).toHaveLength(75)
  const before = await countHours(place.url)
  const options = optionsWith({ RETENTION_RECORDS_DAYS: 10, RETENTION_POSTS_DAYS: 19 })
  expect(await dropOldStrays(place.client, options)).toMatch(
    /: 25 of bluesky_post, 50 of bluesky_record$/,
  )
  expect(await strays()).toHaveLength(25)
  expect(await dropOldStrays(place.client, options)).toMatch(/^no rows/)
  expect(await readRows(place.url, 'select id from bluesky_post_other')).toHaveLength(50)
  expect(await countHours(place.url)).toEqual(before)
  expect(await countsBeyondRows(place.url)).toEqual([])
})

test('counts that wait outside get their partitions, but not where they are too old', async () => {
  await using place = await openPlace()
  for (const ago of [70, 40, 20, 3]) {
    await place.client.query(
      `insert into count_minute (bucket, dimension, key, n) values (to_timestamp($1), 'tag', 'rye', 1)`,
      [(today - ago) * 86_400 + 86_399],
    )
    await place.client.query(
      `insert into author_key (day, dimension, key, user_id, hour, n)
       values ($1, 'tag', 'rye', gen_random_uuid(), 23, 1)`,
      [formatDay(today - ago)],
    )
  }
  const partitions = chores.find(({ name }) => name === 'partitions')
  await partitions?.run(place.client, { url: place.url, settings: standard, signal })
  const past = (names: string[], table: string) =>
    names.slice(0, -3).map((name) => name.slice(table.length))
  const minutes = await partitionsOf(place.client, 'count_minute')
  expect(past(minutes, 'count_minute')).toEqual(named('', 20, 3))
  const authors = await partitionsOf(place.client, 'author_key')
  expect(past(authors, 'author_key')).toEqual(named('', 70, 40, 20, 3))
  expect(await readRows(place.url, 'select n from count_minute_other')).toHaveLength(2)
  expect(await readRows(place.url, 'select n from author_key_other')).toEqual([])
})

test('what was settled is kept by day once hours are not kept any more', async () => {
  await using place = await openPlace()
  const day = '2024-02-03'
  await place.client.query(
    `insert into count_settled (bucket, dimension, key, n)
     values ($1::date + interval '0 h', 'tag', 'rye', 1), ($1::date + interval '5 h', 'tag', 'rye', 2),
            ($1::date + interval '23 h', 'tag', 'rye', 4), ($1::date + interval '7 h', 'tag', 'oat', 8),
            ($1::date + interval '28 h', 'tag', 'oat', 16), (now() - interval '1 day', 'tag', 'rye', 32)`,
    [day],
  )
  await dropOldStrays(place.client, optionsWith({}))
  const rows = await readRows(
    place.url,
    `select (bucket at time zone 'UTC')::text as at, key, n::int as n from count_settled
     where bucket < '2025-01-01' order by 1, 2`,
  )
  expect(rows).toEqual([
    { at: '2024-02-03 00:00:00', key: 'oat', n: 8 },
    { at: '2024-02-03 00:00:00', key: 'rye', n: 7 },
    { at: '2024-02-04 00:00:00', key: 'oat', n: 16 },
  ])
  expect(await readRows(place.url, 'select n from count_settled where n = 32')).toHaveLength(1)
})

test('STORAGE_MAX drops the oldest rows first, counts never, and says when nothing may go any more', async () => {
  await using place = await openPlace()
  for (const ago of [6, 5, 4, 0]) await place.fill(ago, 400)
  const size = async () => {
    const rows = await readRows<{ n: string }>(
      place.url,
      'select pg_database_size(current_database()) as n',
    )
    return Number(rows[0]?.n)
  }
  const counts = await countHours(place.url)
  const room = async (STORAGE_MAX: number) => makeRoom(place.client, optionsWith({ STORAGE_MAX }))

  // A tenth of the limit is kept for the log.
  expect(await room((await size()) * 2)).toMatchObject({ warning: false })
  const near = await room((await size()) / 0.82)
  expect(near).toMatchObject({
    warning: true,
    detail: expect.stringMatching(/^\d.*from 95 % on the oldest rows go/),
  })

  const tight = await room((await size()) / 0.853)
  expect(tight).toMatchObject({
    warning: true,
    detail: expect.stringMatching(/^dropped bluesky_record_\d+ .*to make room/),
  })
  expect(await partitionsOf(place.client, 'bluesky_record')).toEqual(
    named('bluesky_record', 5, 4, 0),
  )
  expect(await partitionsOf(place.client, 'bluesky_post')).toEqual(
    named('bluesky_post', 6, 5, 4, 0),
  )

  const hopeless = await room(1_000_000)
  expect(hopeless).toMatchObject({
    warning: true,
    detail: expect.stringMatching(/nothing may be dropped any more/),
  })
  expect(await partitionsOf(place.client, 'bluesky_record')).toEqual(named('bluesky_record', 0))
  expect(await partitionsOf(place.client, 'bluesky_post')).toEqual(named('bluesky_post', 0))
  expect(await partitionsOf(place.client, 'count_minute')).toEqual(named('count_minute', 0))
  expect(await countHours(place.url)).toEqual(counts)
  expect(await countsBeyondRows(place.url)).toEqual([])
})

test('old hours of posts that few noticed are gathered, and every total stays', async () => {
  await using place = await openPlace()
  const hour = today * 24
  const old = hour - 46 * 24
  const fill = (
    subject: string,
    rows: readonly (readonly [hour: number, part: number, likes: number])[],
  ) =>
    place.client.query(
      `insert into engagement (subject, hour, part, likes, replies)
       select $1::uuid, h, p, l, 1 from unnest($2::int[], $3::int[], $4::int[]) as t (h, p, l)`,
      [subject, rows.map(([h]) => h), rows.map(([, p]) => p), rows.map(([, , l]) => l)],
    )
  const quiet = '00000000-0000-0000-0000-000000000001'
  const loud = '00000000-0000-0000-0000-000000000002'
  const lone = '00000000-0000-0000-0000-000000000003'
  await fill(quiet, [
    [0, 0, 1],
    [old - 2, 0, 2],
    [old - 1, 0, -1],
    [old, 1, 4],
    [old - 5, 1, 4],
    [hour, 0, 8],
  ])
  await fill(loud, [
    [old - 2, 0, 40],
    [old - 1, 0, 30],
  ])
  await fill(lone, [[old, 0, 1]])
  const rowsOf = (subject: string) =>
    readRows(
      place.url,
      'select hour, part, likes, replies from engagement where subject = $1 order by hour, part',
      [subject],
    )
  const stays = [await rowsOf(loud), await rowsOf(lone)]
  expect(await gatherEngagement(place.client, signal)).toMatch(/^3 rows /)
  expect(await rowsOf(quiet)).toEqual([
    { hour: 0, part: 0, likes: 2, replies: 3 },
    { hour: 0, part: 1, likes: 8, replies: 2 },
    { hour, part: 0, likes: 8, replies: 1 },
  ])
  expect([await rowsOf(loud), await rowsOf(lone)]).toEqual(stays)
  expect(await gatherEngagement(place.client, signal)).toMatch(/^0 rows /)
})

test('an order to stop leaves nothing half done', async () => {
  await using place = await openPlace()
  await place.fill(20, 10)
  const stop = new AbortController()
  const settle: SpaceOptions['settle'] = async () => stop.abort()
  const stopped = dropTooOld(place.client, {
    ...optionsWith({ RETENTION_RECORDS_DAYS: 10 }),
    settle,
    signal: stop.signal,
  })
  await expect(stopped).rejects.toThrow()
  expect(await listRetired(place.client)).toHaveLength(1)
  expect(await dropRetired(place.client, settlePartition, signal)).toBe(1)
  expect(await countsBeyondRows(place.url)).toEqual([])
})

test('db-init --reset also drops what is out of its table and not dropped yet', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const client = await connect(database.url)
  await new Partitions().create(client, today)
  for (const partition of await listPartitions(client)) {
    await retirePartition(client, partition, signal)
  }
  expect(await listRetired(client)).toHaveLength(7)
  await dropSchema(client)
  expect(
    await readRows(database.url, `select relname from pg_class where relname ~ '_retired_'`),
  ).toEqual([])
  await client.end()
})

function arrived(events: readonly object[]): Frame[] {
  return framesOf(events).map((frame) => ({ ...frame, receivedUs: frame.position.timeUs }))
}

/** Another record of the same account, day and time. */
function shift(event: object, by: number): object {
  const { did, ...rest }: { did: string } = Object(event)
  return { ...rest, did: `${did}x${by}` }
}
