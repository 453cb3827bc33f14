import { expect, test } from 'vitest'
import { summary } from '../../src/contract/summary.ts'
import { openReading } from '../support/reading.ts'

const post = 'app.bsky.feed.post'

test('each number stands beside the same stretch of the window before', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-04T08:00:00Z', '2026-07-04T14:29:59Z')
  // Today's window runs from 14:00 to 15:00 and has come to 14:30: it is compared with 13:00 to 13:30.
  await rows.count('2026-07-04T14:10:00Z', 'collection', 'app.bsky.feed.like', 60)
  await rows.count('2026-07-04T14:10:00Z', 'operation', `${post}/create`, 5)
  await rows.count('2026-07-04T14:10:00Z', 'operation', `${post}/update`, 1)
  await rows.count('2026-07-04T14:10:00Z', 'operation', `${post}/delete`, 9)
  await rows.count('2026-07-04T14:10:00Z', 'language', 'pt', 3)
  await rows.count('2026-07-04T14:10:00Z', 'language', 'und', 2)
  await rows.count('2026-07-04T14:10:00Z', 'language', 'gone', 0)
  await rows.count('2026-07-04T13:10:00Z', 'collection', 'app.bsky.feed.like', 40)
  await rows.count('2026-07-04T13:40:00Z', 'collection', 'app.bsky.feed.like', 1_000)
  const answer = await ask(summary, { from: '2026-07-04T14:00:00Z', to: '2026-07-04T15:00:00Z' })
  expect(answer).toMatchObject({
    counted: 'counts',
    asOf: '2026-07-04T14:29:59.000Z',
    coverage: { ratio: 1, gaps: [] },
    synthetic: false,
    events: { value: 60, previous: 40 },
    posts: { value: 6, previous: 0 },
    languages: { value: 1, previous: 0 },
    lagMs: 1_000,
  })
  expect(answer.eventsPerSecond.value).toBeCloseTo(60 / 1_799, 6)
  expect(answer.eventsPerSecond.previous).toBeCloseTo(40 / 1_800, 6)
})

test('a window that was not received says unknown, not zero', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  const empty = await ask(summary, {})
  expect(empty).toMatchObject({
    asOf: null,
    lagMs: null,
    coverage: { ratio: 0 },
    events: { value: null, previous: null },
    activeAccounts: { value: null, previous: null },
  })
  await rows.listened('2026-07-04T13:00:00Z', '2026-07-04T14:30:00Z')
  await rows.gap('2026-07-04T13:10:00Z', '2026-07-04T13:20:00Z', 'cursor-too-old')
  const partial = await ask(summary, { from: '2026-07-04T13:45:00Z' })
  expect(partial).toMatchObject({
    coverage: { ratio: 1 },
    events: { value: 0, previous: null }, // ten minutes are missing of the 45 before
  })
  const long = await ask(summary, { from: '2026-07-04T12:30:00Z' })
  expect(long.coverage).toEqual({
    ratio: 0.666666,
    gaps: [
      { from: '2026-07-04T12:30:00.000Z', to: '2026-07-04T13:00:00.000Z', reason: 'not-recorded' },
      {
        from: '2026-07-04T13:10:00.000Z',
        to: '2026-07-04T13:20:00.000Z',
        reason: 'cursor-too-old',
      },
    ],
  })
})

test('what one source missed and another received is covered', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-04T13:00:00Z', '2026-07-04T14:30:00Z')
  await rows.gap('2026-07-04T13:10:00Z', '2026-07-04T13:20:00Z', 'offline')
  await rows.listened('2026-07-04T13:05:00Z', '2026-07-04T13:15:00Z', 'synthetic:7')
  const answer = await ask(summary, { from: '2026-07-04T13:00:00Z' })
  expect(answer.coverage.gaps).toEqual([
    { from: '2026-07-04T13:15:00.000Z', to: '2026-07-04T13:20:00.000Z', reason: 'offline' },
  ])
  expect(answer.synthetic).toBe(true)
})

test('active accounts are counted over clock hours, which are told', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T14:29:00Z')
  await rows.active('2026-07-03T14:10:00Z', 'did:plc:yesterdayhour')
  await rows.active('2026-07-03T20:10:00Z', 'did:plc:evening')
  await rows.active('2026-07-04T13:10:00Z', 'did:plc:evening')
  await rows.active('2026-07-04T14:10:00Z', 'did:plc:now')
  expect((await ask(summary, {})).activeAccounts).toEqual({
    value: 2, // 14:30 yesterday is nearer to 15:00: a day has 24 hours
    previous: 1,
    from: '2026-07-03T15:00:00.000Z',
    to: '2026-07-04T14:29:00.000Z',
    estimated: false,
  })
  expect((await ask(summary, { from: '2026-07-04T14:20:00Z' })).activeAccounts).toEqual({
    value: 1,
    previous: null, // a running hour is no match for a whole one
    from: '2026-07-04T14:00:00.000Z',
    to: '2026-07-04T14:29:00.000Z',
    estimated: false,
  })
  const closed = { from: '2026-07-03T00:00:00Z', to: '2026-07-04T00:00:00Z' }
  expect((await ask(summary, closed)).activeAccounts).toMatchObject({ value: 2, previous: 0 })
})

test('many active accounts are estimated within two percent, and it says so', async () => {
  await using reading = await openReading('2026-07-04T14:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T14:00:00Z')
  await rows.client.query(`
    insert into author_hour (bucket, user_id)
    select bucket, encode(substr(sha256((i % 90000)::text::bytea), 1, 16), 'hex')::uuid
    from
      (values (0, timestamptz '2026-07-04 08:00Z'), (1, timestamptz '2026-07-04 09:00Z')) as hour (n, bucket),
      generate_series(n * 30000, n * 30000 + 59999) as i`)
  const range = { from: '2026-07-04T08:00:00Z', to: '2026-07-04T10:00:00Z' }
  const { activeAccounts } = await ask(summary, range)
  expect(activeAccounts.estimated).toBe(true)
  expect(Math.abs((activeAccounts.value ?? 0) / 90_000 - 1)).toBeLessThan(0.02)
  const hour = await ask(summary, { ...range, from: '2026-07-04T09:00:00Z' })
  expect(hour.activeAccounts).toMatchObject({ value: 60_000, estimated: false })
})

test('under a filter the numbers are those of the matching posts', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-03T00:00:00Z', '2026-07-04T14:30:00Z')
  await rows.user({ did: 'did:plc:ana', handle: 'Ana.Example' })
  await rows.post({
    did: 'did:plc:ana',
    at: '2026-07-04T14:00:00Z',
    langs: ['pt'],
    tags: ['clima'],
  })
  await rows.post({ did: 'did:plc:ana', at: '2026-07-04T14:01:00Z', langs: ['pt', 'es'] })
  await rows.post({ at: '2026-07-04T14:02:00Z', langs: ['pt'], tags: ['clima'] })
  await rows.post({ at: '2026-07-04T14:03:00Z', tags: ['clima'] })
  await rows.count('2026-07-04T14:00:00Z', 'language', 'pt', 3)
  const from = '2026-07-04T14:00:00Z'
  expect(await ask(summary, { from, lang: 'pt' })).toMatchObject({
    counted: 'posts',
    events: { value: 3 },
    posts: { value: 3 },
    activeAccounts: { value: 2, estimated: false },
    languages: { value: 2 },
  })
  expect(await ask(summary, { from, lang: 'pt', tag: 'clima' })).toMatchObject({
    posts: { value: 2 },
    languages: { value: 1 },
  })
  expect(await ask(summary, { from, author: '@ana.example' })).toMatchObject({
    events: { value: null },
    posts: { value: 2 },
    activeAccounts: { value: 1 },
  })
  // Nothing is told of an account that is hidden.
  await rows.user({ did: 'did:plc:ana', handle: 'Ana.Example', active: false })
  expect(await ask(summary, { from, author: '@ana.example' })).toMatchObject({
    posts: { value: 0 },
    activeAccounts: { value: 0 },
  })
  expect(await ask(summary, { from, author: 'nobody.example' })).toMatchObject({
    posts: { value: 0 },
  })
})

test('ranges that mean nothing are refused by parameter', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { ask } = reading
  const refusals = [
    [{ from: '2026-07-04T15:00:00Z' }, 'from must be before to'],
    [{ from: '2025-01-01T00:00:00Z' }, 'from must be at most 400 days before to'],
    [{ tz: 'Mars/Olympus' }, 'tz is no IANA time zone'],
    [{ tz: '+05:30' }, 'tz is no IANA time zone'],
    [{ lang: 'x1' }, 'lang is no language tag'],
    [{ tag: '##' }, 'tag is empty'],
    [{ domain: 'not a domain' }, 'domain is no domain name'],
  ] as const
  for (const [query, message] of refusals) {
    await expect(ask(summary, query)).rejects.toThrow(message)
  }
})
