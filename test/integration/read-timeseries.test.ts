import { expect, test } from 'vitest'
import { activeAccounts } from '../../src/contract/active-accounts.ts'
import { timeseries } from '../../src/contract/timeseries.ts'
import { openReading } from '../support/reading.ts'

const post = 'app.bsky.feed.post'
const like = 'app.bsky.feed.like'
const iso = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16)

test('days of Berlin have 23 and 25 hours when the clocks change, and begin at local midnight', async () => {
  await using reading = await openReading('2026-11-01T00:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-03-01T00:00:00Z', '2026-11-01T00:00:00Z')
  await rows.count('2026-03-28T22:59:00Z', 'collection', like, 1) // 23:59 on the 28th
  await rows.count('2026-03-28T23:00:00Z', 'collection', like, 10) // midnight
  await rows.count('2026-03-29T21:59:00Z', 'collection', like, 100) // 23:59, summer time by now
  await rows.count('2026-03-29T22:00:00Z', 'collection', like, 1_000) // midnight
  const spring = await ask(timeseries, {
    from: '2026-03-28T12:00:00+01:00',
    to: '2026-03-30T12:00:00+02:00',
    tz: 'Europe/Berlin',
    interval: 'day',
  })
  expect(spring.starts.map(iso)).toEqual([
    '2026-03-27T23:00',
    '2026-03-28T23:00',
    '2026-03-29T22:00',
  ])
  expect(spring.series).toEqual({ [like]: [1, 110, 1_000] })
  expect(spring.to).toBe('2026-03-30T22:00:00.000Z')

  const autumn = await ask(timeseries, {
    from: '2026-10-25T00:00:00+02:00',
    to: '2026-10-26T00:00:00+01:00',
    tz: 'Europe/Berlin',
    interval: 'hour',
  })
  expect(autumn.starts).toHaveLength(25)
  expect(new Set(steps(autumn.starts))).toEqual(new Set([3600]))
  const threeHours = await ask(timeseries, {
    from: '2026-10-25T00:00:00+02:00',
    to: '2026-10-26T00:00:00+01:00',
    tz: 'Europe/Berlin',
    interval: '3h',
  })
  expect(threeHours.starts.map(iso)).toEqual([
    '2026-10-24T22:00',
    '2026-10-25T02:00', // the first one has four hours: 02:00 comes twice
    '2026-10-25T05:00',
    '2026-10-25T08:00',
    '2026-10-25T11:00',
    '2026-10-25T14:00',
    '2026-10-25T17:00',
    '2026-10-25T20:00',
  ])
})

test('a day of Kolkata begins within an hour of UTC, and that hour is split by its minutes', async () => {
  await using reading = await openReading('2026-07-10T00:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-10T00:00:00Z')
  await rows.count('2026-07-04T18:29:00Z', 'collection', like, 1)
  await rows.count('2026-07-04T18:30:00Z', 'collection', like, 10)
  await rows.count('2026-07-05T03:10:00Z', 'collection', like, 100)
  await rows.count('2026-07-05T18:29:00Z', 'collection', like, 1_000)
  const answer = await ask(timeseries, {
    from: '2026-07-03T18:30:00Z',
    to: '2026-07-06T18:30:00Z',
    tz: 'Asia/Kolkata',
    interval: 'day',
  })
  expect(answer.starts.map(iso)).toEqual([
    '2026-07-03T18:30',
    '2026-07-04T18:30',
    '2026-07-05T18:30',
  ])
  expect(answer.series).toEqual({ [like]: [1, 1_110, 0] })
})

test('what is not shown is the rest where keys exclude each other, and null where they overlap', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.count('2026-07-04T13:10:00Z', 'collection', like, 50)
  await rows.count('2026-07-04T13:10:00Z', 'collection', post, 7, 0)
  await rows.count('2026-07-04T13:10:00Z', 'collection', post, 3, 1)
  await rows.count('2026-07-04T14:10:00Z', 'collection', '$identity', 2)
  await rows.count('2026-07-04T14:10:00Z', 'language', 'pt', 4)
  const range = {
    from: '2026-07-04T13:00:00Z',
    to: '2026-07-04T15:00:00Z',
    interval: 'hour',
  } as const
  const largest = await ask(timeseries, { ...range, top: 1 })
  expect(largest).toMatchObject({ series: { [like]: [50, 0] }, rest: [10, 2], counted: 'counts' })
  const asked = await ask(timeseries, { ...range, key: [post, 'never.seen'] })
  expect(asked).toMatchObject({
    series: { [post]: [10, 0], 'never.seen': [0, 0] },
    rest: [50, 2],
  })
  const languages = await ask(timeseries, { ...range, dimension: 'language' })
  expect(languages).toMatchObject({ series: { pt: [0, 4] }, rest: null })
})

test('buckets end with the newest event; the one that may still fill is open', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  const range = {
    from: '2026-07-04T12:00:00Z',
    to: '2026-07-04T18:00:00Z',
    interval: 'hour',
  } as const
  const empty = await ask(timeseries, range)
  expect(empty).toMatchObject({ starts: [], series: {}, asOf: null, open: false })
  expect(empty.coverage.ratio).toBe(0)

  await rows.listened('2026-07-04T12:30:00Z', '2026-07-04T14:10:00Z')
  await rows.count('2026-07-04T14:10:00Z', 'collection', like, 5)
  const running = await ask(timeseries, range)
  expect(running.starts.map(iso)).toEqual([
    '2026-07-04T12:00',
    '2026-07-04T13:00',
    '2026-07-04T14:00',
  ])
  expect(running).toMatchObject({ series: { [like]: [0, 0, 5] }, open: true })
  expect(running.coverage.gaps).toEqual([
    { from: '2026-07-04T12:00:00.000Z', to: '2026-07-04T12:30:00.000Z', reason: 'not-recorded' },
  ])

  await rows.listened('2026-07-04T12:30:00Z', '2026-07-04T15:00:00Z')
  const closed = await ask(timeseries, { ...range, to: '2026-07-04T15:00:00Z' })
  expect(closed.open).toBe(false)
})

test('a bucket of which nothing was received is null, one in which there was nothing is 0', async () => {
  await using reading = await openReading('2026-07-04T14:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-04T10:30:00Z', '2026-07-04T13:00:00Z')
  await rows.count('2026-07-04T12:10:00Z', 'language', 'pt', 3)
  const asked = {
    from: '2026-07-04T09:00:00Z',
    to: '2026-07-04T13:00:00Z',
    interval: 'hour',
  } as const
  const { series } = await ask(timeseries, { ...asked, dimension: 'language' })
  expect(series).toEqual({ pt: [null, 0, 0, 3] })
  const { rest } = await ask(timeseries, { ...asked, key: like })
  expect(rest).toEqual([null, 0, 0, 0])
  const { accounts } = await ask(activeAccounts, asked)
  expect(accounts).toEqual([null, 0, 0, 0])
})

test('one filter that is counted is answered from counts', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.count('2026-07-04T14:10:00Z', 'language', 'pt', 4)
  await rows.count('2026-07-04T14:10:00Z', 'language', 'en', 9)
  const range = {
    from: '2026-07-04T14:00:00Z',
    to: '2026-07-04T15:00:00Z',
    interval: 'hour',
  } as const
  expect(await ask(timeseries, { ...range, lang: 'pt-BR', dimension: 'language' })).toMatchObject({
    series: { pt: [4] },
    counted: 'counts',
  })
  expect(await ask(timeseries, { ...range, lang: 'pt' })).toMatchObject({
    series: { [post]: [4] },
    rest: [0],
    counted: 'counts',
  })
})

test('filters together are answered from the posts that match', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  const match = { langs: ['pt'], tags: ['clima', 'cop31'] }
  await rows.post({ at: '2026-07-04T13:10:00Z', ...match })
  await rows.post({ at: '2026-07-04T14:10:00Z', ...match, operation: 'update' })
  await rows.post({ at: '2026-07-04T14:11:00Z', langs: ['pt', 'en'], tags: ['clima'] })
  await rows.post({ at: '2026-07-04T14:12:00Z', ...match, operation: 'delete' })
  await rows.post({ at: '2026-07-04T14:13:00Z', langs: ['en'], tags: ['clima'] })
  // Imported: the record key is of the day before, the network saw it now.
  await rows.post({ at: '2026-07-03T20:00:00Z', storedAt: '2026-07-04T14:20:00Z', ...match })
  const asked = {
    from: '2026-07-04T13:00:00Z',
    to: '2026-07-04T15:00:00Z',
    interval: 'hour',
    lang: 'pt',
    tag: '#Clima',
  } as const
  expect(await ask(timeseries, asked)).toMatchObject({
    series: { [post]: [1, 3] },
    rest: [0, 0],
    counted: 'posts',
  })
  expect(await ask(timeseries, { ...asked, dimension: 'operation', top: 1 })).toMatchObject({
    series: { [`${post}/create`]: [1, 2] },
    rest: [0, 1],
  })
  expect(await ask(timeseries, { ...asked, dimension: 'tag' })).toMatchObject({
    series: { clima: [1, 3], cop31: [1, 2] },
    rest: null,
  })
  expect(await ask(timeseries, { ...asked, dimension: 'language', key: 'en' })).toMatchObject({
    series: { en: [0, 1] },
  })
})

test('a scan that hits its bound says from where on it looked', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.post({ at: '2026-07-04T12:00:00Z', langs: ['pt'], tags: ['clima'] })
  // 20 posts a second from 14:00 to a bit after 14:41.
  await rows.client.query(`
    insert into bluesky_post (id, user_id, time_us, operation, rev, rkey, collection, uri, tags, search)
    select
      (lpad(to_hex(ms), 12, '0') || lpad(to_hex(i), 20, '0'))::uuid,
      (select id from bluesky_user limit 1), ms * 1000, 'create', 'r', 'k' || i, 'c', 'u' || i,
      array['clima'], array_to_tsvector(array['lang:pt', 'tag:clima'])
    from (
      select i, (extract(epoch from timestamptz '2026-07-04 14:00Z') * 1000)::bigint + i * 50 as ms
      from generate_series(1, 50100) as i
    ) as post`)
  const answer = await ask(timeseries, {
    from: '2026-07-04T12:00:00Z',
    to: '2026-07-04T15:00:00Z',
    interval: 'hour',
    lang: 'pt',
    tag: 'clima',
  })
  expect(answer.counted).toBe('sample')
  expect(answer.coverage.gaps).toEqual([
    { from: '2026-07-04T12:00:00.000Z', to: '2026-07-04T14:00:05.000Z', reason: 'not-scanned' },
  ])
  expect(answer.coverage.ratio).toBeCloseTo(1 / 3, 2)
})

test('an interval that makes too many buckets is refused with one that fits', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { ask } = reading
  await expect(
    ask(timeseries, { from: '2026-06-04T15:00:00Z', interval: 'minute' }),
  ).rejects.toThrow('interval would make 43200 buckets of minute; right would be 30m or auto')
  const automatic = await ask(timeseries, { from: '2026-06-04T15:00:00Z' })
  expect(automatic.interval).toBe('3h')
})

function steps(starts: readonly number[]): number[] {
  return starts.slice(1).map((start, index) => start - (starts[index] ?? 0))
}
