import { expect, test } from 'vitest'
import { timeseries } from '../../src/contract/timeseries.ts'
import { top } from '../../src/contract/top.ts'
import { openReading } from '../support/reading.ts'

const ana = 'did:plc:ana'
const ben = 'did:plc:ben'
const cleo = 'did:plc:cleo'
const hour = { from: '2026-07-04T14:00:00Z', to: '2026-07-04T15:00:00Z' } as const

test('a ranking says how many accounts are behind each key', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.authors('2026-07-03T23:10:00Z', 'tag', 'art', 3, [ana, ben])
  await rows.authors('2026-07-04T13:10:00Z', 'tag', 'art', 4, [ana, cleo])
  await rows.authors('2026-07-04T14:10:00Z', 'tag', 'art', 5, [ana])
  await rows.authors('2026-07-04T14:20:00Z', 'tag', 'cat', 9, [ben, cleo])
  // One hour and one day: as they were counted. Several: who was in two of them is one account.
  expect(await ask(top, { ...hour, dimension: 'tag' })).toMatchObject({
    items: [
      { key: 'cat', count: 9, authors: 2, handle: null },
      { key: 'art', count: 5, authors: 1, handle: null },
    ],
    authorsOver: { from: '2026-07-04T14:00:00.000Z', to: '2026-07-04T15:00:00.000Z' },
  })
  const twoHours = { ...hour, from: '2026-07-04T13:00:00Z' }
  expect(await ask(top, { ...twoHours, dimension: 'tag' })).toMatchObject({
    items: [
      { key: 'art', count: 9, authors: 2 },
      { key: 'cat', authors: 2 },
    ],
  })
  const twoDays = { from: '2026-07-03T20:00:00Z', to: '2026-07-04T15:00:00Z' }
  expect(await ask(top, { ...twoDays, dimension: 'tag' })).toMatchObject({
    items: [
      { key: 'art', count: 12, authors: 3 },
      { key: 'cat', authors: 2 },
    ],
    authorsOver: { estimated: false },
  })
})

test('accounts that were not counted, or are no longer known, are unknown and not none', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.authors('2026-07-04T13:10:00Z', 'tag', 'art', 4, [ana])
  await rows.count('2026-07-04T14:10:00Z', 'tag', 'art', 1)
  await rows.count('2026-07-04T14:10:00Z', 'collection', 'app.bsky.feed.post', 5)
  const twoHours = { ...hour, from: '2026-07-04T13:00:00Z' }
  const asked = () => ask(top, { ...twoHours, dimension: 'tag' })
  expect(await asked()).toMatchObject({ items: [{ key: 'art', count: 5, authors: null }] })
  await rows.authors('2026-07-04T14:10:00Z', 'tag', 'art', 0, [ana, ben])
  expect(await asked()).toMatchObject({ items: [{ key: 'art', authors: 2 }] })
  await rows.client.query('delete from author_key')
  expect(await asked()).toMatchObject({ items: [{ key: 'art', authors: null }] })
  expect(await ask(top, { ...hour, dimension: 'collection' })).toMatchObject({
    items: [{ count: 5, authors: null }],
    authorsOver: null,
  })
})

test('a short range that is no whole hours has the accounts of its posts', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  const art = { tags: ['art', "o'\\x"] }
  await rows.post({ did: ana, at: '2026-07-04T14:10:00Z', ...art })
  await rows.post({ did: ana, at: '2026-07-04T14:31:00Z', ...art })
  await rows.post({ did: ana, at: '2026-07-04T14:32:00Z', ...art })
  await rows.post({ did: ben, at: '2026-07-04T14:33:00Z', ...art })
  await rows.count('2026-07-04T14:32:00Z', 'tag', 'art', 3)
  await rows.count('2026-07-04T14:33:00Z', 'tag', "o'\\x", 2)
  const half = { from: '2026-07-04T14:30:00Z', to: '2026-07-04T15:00:00Z' }
  expect(await ask(top, { ...half, dimension: 'tag' })).toMatchObject({
    items: [
      { key: 'art', count: 3, authors: 2 },
      { key: "o'\\x", count: 2, authors: 2 },
    ],
    authorsOver: { from: '2026-07-04T14:30:00.000Z', estimated: false },
  })
  expect(await ask(top, { ...half, dimension: 'tag', tag: 'art' })).toMatchObject({
    items: [{ key: 'art', count: 3, authors: 2 }, { authors: 2 }],
    counted: 'posts',
  })
})

test('where there are too many accounts they are estimated, within a few percent', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.client.query(`
    insert into author_key (day, dimension, key, user_id, hour, n)
    select date '2026-07-03' + d, 'language', 'en',
      encode(substr(sha256((i * (d + 1))::text::bytea), 1, 16), 'hex')::uuid, 12, 1
    from generate_series(0, 1) as d, generate_series(1, 100000) as i`)
  for (const grain of ['day', 'hour']) {
    await rows.client.query(`
      insert into count_${grain} (bucket, dimension, key, n, authors)
      select timestamptz '2026-07-03 00:00Z' + d * interval '1 day'
        + ${grain === 'hour' ? 12 : 0} * interval '1 hour', 'language', 'en', 900000, 500000
      from generate_series(0, 1) as d`)
  }
  const days = { from: '2026-07-03T00:00:00Z', to: '2026-07-05T00:00:00Z' }
  const { items, authorsOver } = await ask(top, { ...days, dimension: 'language' })
  expect(authorsOver).toMatchObject({ estimated: true })
  // 1 … 100,000 and the even numbers up to 200,000.
  expect(Math.abs((items[0]?.authors ?? 0) / 150_000 - 1)).toBeLessThan(0.03)
})

test('mentions are counted by whole hours, with the handles that are known', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.user({ did: ana, handle: 'ana.example' })
  await rows.user({ did: cleo, handle: 'cleo.example', active: false, status: 'takendown' })
  for (const [did, n] of [
    [cleo, 9],
    [ana, 3],
    [ben, 2],
  ] as const) {
    await rows.client.query(
      `insert into count_hour (bucket, dimension, key, n, authors)
       values ('2026-07-04 14:00Z', 'mention', $1, $2, 1)`,
      [did, n],
    )
  }
  const half = { from: '2026-07-04T14:30:00Z', to: '2026-07-04T15:00:00Z' }
  expect(await ask(top, { ...half, dimension: 'mention', limit: '2' })).toMatchObject({
    from: '2026-07-04T14:00:00.000Z',
    items: [
      { key: ana, count: 3, authors: 1, handle: 'ana.example' },
      { key: ben, count: 2, authors: 1, handle: null },
    ],
  })
  const finer = ask(timeseries, { ...half, dimension: 'mention', interval: '10m' })
  await expect(finer).rejects.toThrow(
    'interval is finer than mention is counted; right would be hour or auto',
  )
  expect(await ask(timeseries, { ...half, dimension: 'mention', key: ana })).toMatchObject({
    interval: 'hour',
    series: { [ana]: [3] },
    authors: { [ana]: [1] },
  })
})

test('hours of the week are counted by days of UTC', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.client.query(`
    insert into count_day (bucket, dimension, key, n)
    values ('2026-07-03 00:00Z', 'hour-of-week', '5-23', 4), ('2026-07-04 00:00Z', 'hour-of-week', '6-14', 7)`)
  expect(await ask(top, { ...hour, dimension: 'hour-of-week' })).toMatchObject({
    from: '2026-07-04T00:00:00.000Z',
    to: '2026-07-05T00:00:00.000Z',
    items: [{ key: '6-14', count: 7, authors: null, previous: null }],
  })
  const days = { from: '2026-07-02T22:00:00Z', to: '2026-07-04T15:00:00Z', tz: 'Asia/Kolkata' }
  expect(await ask(timeseries, { ...days, dimension: 'hour-of-week' })).toMatchObject({
    interval: 'day',
    starts: ['2026-07-02', '2026-07-03', '2026-07-04'].map((day) => Date.parse(day) / 1000),
    series: { '5-23': [0, 4, 0], '6-14': [0, 0, 7] },
  })
})

test('a series has the accounts of its buckets where these are single hours or days of UTC', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.authors('2026-07-04T13:10:00Z', 'tag', 'art', 4, [ana, cleo])
  await rows.count('2026-07-04T14:10:00Z', 'tag', 'art', 2)
  const asked = { from: '2026-07-04T12:00:00Z', to: hour.to, dimension: 'tag' } as const
  expect(await ask(timeseries, { ...asked, interval: 'hour' })).toMatchObject({
    series: { art: [0, 4, 2] },
    authors: { art: [0, 2, null] },
  })
  expect(await ask(timeseries, { ...asked, interval: 'day' })).toMatchObject({
    authors: { art: [2] },
  })
  for (const other of [
    { interval: '30m' },
    { interval: '3h' },
    { interval: 'day', tz: 'Europe/Berlin' },
    { interval: 'hour', dimension: 'collection' },
  ] as const) {
    expect(await ask(timeseries, { ...asked, ...other })).toMatchObject({ authors: null })
  }
})
