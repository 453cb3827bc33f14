/** Partitions come and go around writers, readers, kills and orders to stop. */
import { expect, inject, test } from 'vitest'
import { dropSchema } from '../../src/db/reset.ts'
import { dropOldStrays, dropTooOld, type SpaceOptions } from '../../src/pipeline/retention.ts'
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
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import {
  arrived,
  connect,
  countHours,
  countsBeyondRows,
  dayUs,
  eventsOf,
  named,
  openPlace,
  optionsWith,
  partitionsOf,
  shift,
  signal,
  today,
} from '../support/old-days.ts'

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
