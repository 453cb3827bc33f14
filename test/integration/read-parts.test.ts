import { expect, test } from 'vitest'
import { health } from '../../src/contract/health.ts'
import { summary } from '../../src/contract/summary.ts'
import { timeseries } from '../../src/contract/timeseries.ts'
import { top } from '../../src/contract/top.ts'
import { openReading, type Reading, wellHealth } from '../support/reading.ts'

const now = '2026-07-04T15:00:00Z'
const range = { from: '2026-07-04T14:00:00Z', to: '2026-07-04T15:00:00Z' }
const at = '2026-07-04T14:10:00Z'

test('a key counted up in one log partition and down in another is worth the sum of both', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  await rows.listened('2026-07-03T10:00:00Z', now)
  // The record was created in part 0 and deleted by a writer of part 3.
  await countInParts(reading, 'language', 'pt', [5, -2])
  await countInParts(reading, 'language', 'gl', [2, -2])
  await countInParts(reading, 'language', 'en', [-1, 4])
  await countInParts(reading, 'collection', 'app.bsky.feed.post', [9, -3])
  await countInParts(reading, 'collection', 'app.bsky.feed.like', [-2, 2])
  await countInParts(reading, 'operation', 'app.bsky.feed.post/create', [7, -3])

  const languages = await ask(top, { ...range, dimension: 'language' })
  expect(languages.items.map(({ key, count }) => [key, count])).toEqual([
    ['en', 3],
    ['pt', 3],
  ])
  expect(languages.keys).toBe(2)
  const few = await ask(top, { ...range, dimension: 'language', limit: 1 })
  expect(few).toMatchObject({ items: [{ key: 'en', count: 3 }], keys: 2 })

  const series = await ask(timeseries, { ...range, dimension: 'language', interval: 'hour' })
  expect(series.series).toEqual({ en: [3], pt: [3] })
  const rest = await ask(timeseries, {
    ...range,
    dimension: 'collection',
    interval: 'hour',
    key: ['app.bsky.graph.follow'],
  })
  expect(rest).toMatchObject({ series: { 'app.bsky.graph.follow': [0] }, rest: [6] })

  const numbers = await ask(summary, range)
  expect(numbers.languages.value).toBe(2)
  expect(numbers.events.value).toBe(6)
  expect(numbers.posts.value).toBe(4)
})

test('partitions of a log are received as far as the slowest of them', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  await rows.partition(0, { from: '2026-07-04T14:00:00Z', to: '2026-07-04T15:00:00Z' })
  await rows.partition(1, { from: '2026-07-04T14:00:03Z', to: '2026-07-04T14:45:00Z' })
  const numbers = await ask(summary, range)
  expect(numbers).toMatchObject({
    asOf: '2026-07-04T14:45:00.000Z',
    coverage: { ratio: 1, gaps: [] },
  })
  // A partition that has read nothing yet may hold back any part of the time.
  await rows.partition(2, null)
  expect((await ask(summary, range)).coverage.ratio).toBe(0)
  await rows.listened('2026-07-04T14:30:00Z', '2026-07-04T15:00:00Z')
  expect((await ask(summary, range)).coverage.ratio).toBe(0.5)
})

test('partitions that have read nothing are no events of 1970', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  await rows.partition(0, null)
  expect(await ask(health, {})).toMatchObject({ asOf: null, lagMs: null })
  expect(await ask(summary, range)).toMatchObject({ asOf: null, lagMs: null })
})

test('invented events that came through Kafka are known by their host', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  const read = { from: range.from, to: range.to }
  await rows.partition(0, read)
  expect((await ask(health, {})).synthetic).toBe(false)
  await rows.partition(1, { ...read, host: 'synthetic:1' })
  expect((await ask(health, {})).synthetic).toBe(true)
  expect((await ask(summary, range)).synthetic).toBe(true)
})

test('health tells how far each partition of Kafka is stored', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  await rows.listened(range.from, range.to)
  expect((await ask(health, {})).partitions).toEqual([])
  const from = range.from
  await rows.partition(0, { from, to: '2026-07-04T14:59:58Z', nextOffset: 400 })
  await rows.partition(1, { from, to: '2026-07-04T14:59:00Z', nextOffset: 300 })
  await rows.partition(2, null)
  reading.endOffsets = new Map([
    [0, 400],
    [1, 350],
  ])
  expect((await ask(health, {})).partitions).toEqual([
    { partition: 0, nextOffset: 400, endOffset: 400, lag: 0, lagMs: 0 },
    { partition: 1, nextOffset: 300, endOffset: 350, lag: 50, lagMs: 60_000 },
    { partition: 2, nextOffset: null, endOffset: null, lag: null, lagMs: null },
  ])
})

test('of two topics health tells of the one in use, and never mixes their offsets', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  const read = { from: range.from, to: '2026-07-04T14:59:58Z' }
  await rows.partition(0, { ...read, nextOffset: 9_000 })
  await rows.client.query(
    `update position set source = 'kafka:old', updated_at = now() - interval '1 day'`,
  )
  await rows.partition(0, { ...read, nextOffset: 400 })
  reading.endOffsets = new Map([[0, 400]])
  const inUse = { partition: 0, nextOffset: 400, endOffset: 400, lag: 0, lagMs: 0 }
  expect((await ask(health, {})).partitions).toEqual([inUse])
  reading.logSource = 'kafka:old'
  expect((await ask(health, {})).partitions).toMatchObject([{ nextOffset: 9_000 }])
  reading.logSource = 'kafka:empty'
  expect((await ask(health, {})).partitions).toEqual([])
})

test('a process that only answers is not well while its answers are old', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  reading.health = { ...wellHealth, components: [] }
  const from = range.from
  await rows.partition(0, { from, to: '2026-07-04T14:59:59Z', nextOffset: 400 })
  await rows.partition(1, { from, to: '2026-07-04T14:50:00Z', nextOffset: 300 })
  expect((await ask(health, {})).components).toContainEqual(
    expect.objectContaining({ state: 'degraded', detail: 'Kafka does not say what waits' }),
  )
  reading.endOffsets = new Map([
    [0, 402],
    [1, 300],
  ])
  expect(await ask(health, {})).toMatchObject({ status: 'ok' })
  reading.endOffsets = new Map([
    [0, 402],
    [1, 350],
  ])
  const { status, ready, components } = await ask(health, {})
  expect({ status, ready }).toEqual({ status: 'degraded', ready: true })
  expect(components).toContainEqual(
    expect.objectContaining({
      name: 'eventlog',
      state: 'degraded',
      since: '2026-07-04T14:50:00.000Z',
      detail: '52 events wait in Kafka, the oldest for 10 minutes',
    }),
  )
})

/** Counts of a key in the log partitions 0 and 3. */
async function countInParts(
  { rows }: Reading,
  dimension: string,
  key: string,
  [first, second]: readonly [number, number],
): Promise<void> {
  await rows.count(at, dimension, key, first, 0)
  await rows.count(at, dimension, key, second, 3)
}
