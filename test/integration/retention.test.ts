/** What goes when it is old or takes room, and what stays of it. */
import { expect, test } from 'vitest'
import { chores } from '../../src/pipeline/chores.ts'
import {
  dropOldStrays,
  dropTooOld,
  gatherEngagement,
  makeRoom,
} from '../../src/pipeline/retention.ts'
import { formatDay } from '../../src/store/space/partitioned-tables.ts'
import { openStore } from '../../src/store/store.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import {
  arrived,
  countHours,
  countsBeyondRows,
  eventsOf,
  named,
  openPlace,
  optionsWith,
  partitionsOf,
  shift,
  signal,
  standard,
  today,
} from '../support/old-days.ts'

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
