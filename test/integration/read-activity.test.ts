import { expect, test } from 'vitest'
import { activeAccounts } from '../../src/contract/active-accounts.ts'
import { openReading } from '../support/reading.ts'

const iso = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 16)

test('an account counts once in each hour, and once in the day that holds them', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T14:29:00Z')
  await rows.active('2026-07-04T12:10:00Z', 'did:plc:ana')
  await rows.active('2026-07-04T12:50:00Z', 'did:plc:ana')
  await rows.active('2026-07-04T13:10:00Z', 'did:plc:ana')
  await rows.active('2026-07-04T13:20:00Z', 'did:plc:ben')
  await rows.active('2026-07-04T14:10:00Z', 'did:plc:ben')
  const hours = await ask(activeAccounts, { from: '2026-07-04T12:20:00Z' })
  expect(hours).toMatchObject({
    interval: 'hour',
    from: '2026-07-04T12:00:00.000Z',
    to: '2026-07-04T15:00:00.000Z',
    accounts: [1, 2, 1],
    counted: 'counts',
    estimated: false,
    open: true,
    coverage: { ratio: 1, gaps: [] },
  })
  expect(hours.starts.map(iso)).toEqual([
    '2026-07-04T12:00',
    '2026-07-04T13:00',
    '2026-07-04T14:00',
  ])
  const range = { from: '2026-07-04T12:20:00Z', tz: 'Europe/Berlin' } as const
  expect(await ask(activeAccounts, { ...range, interval: '3h' })).toMatchObject({
    accounts: [1, 2], // 12:00 and 15:00 in Berlin are 10:00 and 13:00 UTC
  })
})

test('buckets before the range stand beside those of the range, where they were received', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-03T13:00:00Z', '2026-07-04T14:29:00Z')
  await rows.gap('2026-07-03T14:10:00Z', '2026-07-03T14:20:00Z', 'offline')
  await rows.active('2026-07-03T13:10:00Z', 'did:plc:ana')
  await rows.active('2026-07-03T15:10:00Z', 'did:plc:ana')
  await rows.active('2026-07-03T15:10:00Z', 'did:plc:ben')
  const day = await ask(activeAccounts, {})
  expect(day.starts).toHaveLength(25)
  // One day earlier: 14:00 was not received whole, and the running hour is no match for a whole one.
  expect(day.previous.slice(0, 3)).toEqual([null, null, null])
  expect(day.accounts.slice(0, 3)).toEqual([0, 2, 0])
  expect(day.previous.at(-1)).toBeNull()
  const two = await ask(activeAccounts, {
    from: '2026-07-03T15:00:00Z',
    to: '2026-07-03T17:00:00Z',
  })
  expect(two).toMatchObject({ accounts: [2, 0], previous: [1, null], open: false })
})

test('days of Berlin have 23 and 25 hours when the clocks change', async () => {
  await using reading = await openReading('2026-11-01T00:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-03-01T00:00:00Z', '2026-11-01T00:00:00Z')
  await rows.active('2026-03-28T22:10:00Z', 'did:plc:ana') // 23:10 on the 28th
  await rows.active('2026-03-28T23:10:00Z', 'did:plc:ana') // 00:10
  await rows.active('2026-03-29T21:10:00Z', 'did:plc:ana') // 23:10, summer time by now
  await rows.active('2026-03-29T21:10:00Z', 'did:plc:ben')
  await rows.active('2026-03-29T22:10:00Z', 'did:plc:ben') // 00:10
  const days = { tz: 'Europe/Berlin', interval: 'day' } as const
  const spring = await ask(activeAccounts, {
    ...days,
    from: '2026-03-28T12:00:00+01:00',
    to: '2026-03-30T12:00:00+02:00',
  })
  expect(spring.starts.map(iso)).toEqual([
    '2026-03-27T23:00',
    '2026-03-28T23:00',
    '2026-03-29T22:00',
  ])
  expect(spring.accounts).toEqual([1, 2, 1])
  expect(spring.to).toBe('2026-03-30T22:00:00.000Z')

  const autumn = await ask(activeAccounts, {
    ...days,
    from: '2026-10-25T00:00:00+02:00',
    to: '2026-10-27T00:00:00+01:00',
  })
  expect(autumn.starts.map(iso)).toEqual(['2026-10-24T22:00', '2026-10-25T23:00'])
  const hours = await ask(activeAccounts, {
    tz: 'Europe/Berlin',
    interval: 'hour',
    from: '2026-10-25T00:00:00+02:00',
    to: '2026-10-26T00:00:00+01:00',
  })
  expect(hours.starts).toHaveLength(25)
})

test('days of UTC are read by day; where the same zone has summer time, by hour', async () => {
  await using reading = await openReading('2026-11-01T00:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-03-01T00:00:00Z', '2026-11-01T00:00:00Z')
  for (const at of ['2026-03-28T09:00:00Z', '2026-03-29T09:00:00Z', '2026-03-30T09:00:00Z']) {
    await rows.active(at, 'did:plc:ana')
    await rows.active(at.replace('09', '10'), 'did:plc:ana')
    await rows.active(at, at)
  }
  const london = await ask(activeAccounts, {
    from: '2026-03-28T00:00:00Z',
    to: '2026-03-30T23:00:00Z',
    tz: 'Europe/London',
    interval: 'day',
  })
  expect(london.starts.map(iso)).toEqual([
    '2026-03-28T00:00',
    '2026-03-29T00:00',
    '2026-03-29T23:00',
  ])
  expect(london.accounts).toEqual([2, 2, 2])
})

test('where a zone is half an hour off, a day begins with its first whole hour of UTC', async () => {
  await using reading = await openReading('2026-07-10T00:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-06-01T00:00:00Z', '2026-07-10T00:00:00Z')
  await rows.active('2026-07-04T18:10:00Z', 'did:plc:ana') // the hour that local midnight, 18:30, cuts
  await rows.active('2026-07-04T19:10:00Z', 'did:plc:ben')
  const zone = { tz: 'Asia/Kolkata' } as const
  const days = await ask(activeAccounts, {
    ...zone,
    interval: 'day',
    from: '2026-07-03T18:30:00Z',
    to: '2026-07-05T18:30:00Z',
  })
  expect(days.starts.map(iso)).toEqual(['2026-07-02T19:00', '2026-07-03T19:00', '2026-07-04T19:00'])
  expect(days.accounts).toEqual([0, 1, 1])
  const hours = await ask(activeAccounts, {
    ...zone,
    from: '2026-07-04T18:10:00Z',
    to: '2026-07-04T19:20:00Z',
  })
  expect(hours.starts.map(iso)).toEqual(['2026-07-04T18:00', '2026-07-04T19:00'])
  expect(hours.accounts).toEqual([1, 1])
})

test('before the first event nothing is claimed, and gaps are told', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  const range = { from: '2026-07-04T12:00:00Z', to: '2026-07-04T18:00:00Z' } as const
  expect(await ask(activeAccounts, range)).toMatchObject({
    starts: [],
    accounts: [],
    previous: [],
    asOf: null,
    open: false,
    coverage: { ratio: 0 },
  })
  await rows.listened('2026-07-04T12:30:00Z', '2026-07-04T14:10:00Z')
  const running = await ask(activeAccounts, range)
  expect(running).toMatchObject({ accounts: [0, 0, 0], previous: [null, null, null], open: true })
  expect(running.coverage.gaps).toEqual([
    { from: '2026-07-04T12:00:00.000Z', to: '2026-07-04T12:30:00.000Z', reason: 'not-recorded' },
  ])
})

test('many accounts are estimated, and a quiet bucket beside them stays exact', async () => {
  await using reading = await openReading('2026-07-04T12:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T12:00:00Z')
  await rows.client.query(`
    insert into author_hour (bucket, user_id)
    select timestamptz '2026-07-04 08:00Z' + n * interval '1 hour',
      encode(substr(sha256(i::text::bytea), 1, 16), 'hex')::uuid
    from (values (0, 20000), (1, 150000), (2, 700)) as hour (n, accounts), generate_series(1, accounts) as i`)
  const range = { from: '2026-07-04T08:00:00Z', to: '2026-07-04T11:00:00Z' } as const
  const quiet = await ask(activeAccounts, { ...range, to: '2026-07-04T09:00:00Z' })
  expect(quiet).toMatchObject({ accounts: [20_000], estimated: false })
  const { accounts, estimated } = await ask(activeAccounts, range)
  expect(estimated).toBe(true)
  const [first, many, last] = accounts
  expect([first, last]).toEqual([20_000, 700])
  expect(Math.abs((many ?? 0) / 150_000 - 1)).toBeLessThan(0.02)
})

test('under a filter, authors of the matching posts are counted', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-03T00:00:00Z', '2026-07-04T14:30:00Z')
  const clima = { tags: ['clima'] }
  await rows.post({ did: 'did:plc:ana', at: '2026-07-04T12:01:00Z', ...clima })
  await rows.post({ did: 'did:plc:ana', at: '2026-07-04T13:01:00Z', ...clima })
  await rows.post({ did: 'did:plc:ana', at: '2026-07-04T13:02:00Z', ...clima, clock: 1 })
  await rows.post({ did: 'did:plc:ben', at: '2026-07-04T13:03:00Z', ...clima })
  await rows.post({ did: 'did:plc:ben', at: '2026-07-04T13:04:00Z' })
  await rows.active('2026-07-04T13:04:00Z', 'did:plc:cleo')
  expect(
    await ask(activeAccounts, {
      from: '2026-07-04T13:00:00Z',
      to: '2026-07-04T14:00:00Z',
      tag: 'clima',
    }),
  ).toMatchObject({ accounts: [2], previous: [1], counted: 'posts', estimated: false })
})

test('what cannot be told by the hour is refused, with what can', async () => {
  await using reading = await openReading('2026-07-04T14:30:00Z')
  const { ask } = reading
  const asked = ask(activeAccounts, { from: '2025-07-04T00:00:00Z', interval: 'hour' })
  await expect(asked).rejects.toThrow(/right would be day or auto|right would be 3h or auto/)
  await expect(ask(activeAccounts, { tz: 'Berlin' })).rejects.toThrow(/IANA/)
})
