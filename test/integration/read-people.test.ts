import { expect, test } from 'vitest'
import { people } from '../../src/contract/people.ts'
import { countPeople } from '../../src/pipeline/people-chore.ts'
import { openReading, type Reading } from '../support/reading.ts'

const dayMs = 86_400_000
const open = new AbortController().signal
/** The chore looks back from the clock of the database. */
const today = Math.floor(Date.now() / dayMs) * dayMs
const day = (back: number, hour = 0) =>
  new Date(today - back * dayMs + hour * 3_600_000).toISOString()

/** Accounts that were active on a day, as the store leaves them. */
async function active(
  { rows }: Reading,
  back: number,
  accounts: readonly number[],
  counts: Readonly<Record<string, number>> = {},
): Promise<void> {
  const { client } = rows
  for (const account of accounts) await rows.active(day(back), `did:plc:${account}`)
  for (const [key, n] of Object.entries({ any: accounts.length, ...counts })) {
    await client.query(
      `insert into count_day as c (bucket, dimension, key, n, authors) values ($1, 'active', $2, 0, $3)
       on conflict (dimension, bucket, key, part) do update set authors = c.authors + excluded.authors`,
      [day(back), key, n],
    )
  }
}

test('who was active on a day, in a week and in a month is counted without counting anyone twice', async () => {
  await using reading = await openReading(day(0, 12))
  const { rows, ask } = reading
  await rows.listened(day(60), day(0, 12))
  for (let back = 40; back > 8; back--) await active(reading, back, [1, 100 + back])
  await active(reading, 8, [1, 8])
  await active(reading, 7, [1, 7])
  for (let back = 6; back > 1; back--) await active(reading, back, [1])
  await active(reading, 1, [1, 2, 3], { new: 2, post: 2, like: 1, repost: 1, follow: 0 })
  await active(reading, 0, [1, 4])
  expect(await countPeople(rows.client, open)).toBe('41 of 41 days counted that had changed')
  const told = await ask(people, { from: day(1), to: day(0, 12) })
  expect(told).toMatchObject({
    starts: [today - dayMs, today].map((ms) => ms / 1000),
    received: [1, 1],
    daily: [3, 2],
    new: [2, 0],
    returning: [1, 2],
    posters: [2, 0],
    likers: [1, 0],
    reposters: [1, 0],
    followers: [0, 0],
    weekly: [4, 4],
    open: true,
    computedAt: expect.any(String),
  })
  // 1, 2, 3, 7, 8 and one of each day from 9 to 30 before today; today without day 30 and with 4.
  expect(told.monthly).toEqual([5 + 22, 5 + 22])
  expect(told.stickiness).toEqual([3 / 27, null])
  expect(await countPeople(rows.client, open)).toBe('0 of 0 days counted that had changed')
})

test('a window that was not received whole, or not counted on each of its days, is unknown', async () => {
  await using reading = await openReading(day(0, 12))
  const { rows, ask } = reading
  await rows.listened(day(33, 5), day(0, 12))
  for (let back = 33; back >= 0; back--) if (back !== 12) await active(reading, back, [1, 2])
  await rows.gap(day(2, 3), day(2, 4), 'cursor-too-old')
  await countPeople(rows.client, open)
  const { received, daily, weekly, monthly, since } = await ask(people, { from: day(33) })
  const at = (back: number) => 33 - back
  expect(since).toBe(day(33, 5))
  expect(received[at(33)]).toBeCloseTo(19 / 24, 4)
  expect(received[at(2)]).toBeCloseTo(23 / 24, 4)
  expect([daily[at(33)], daily[at(12)], daily[at(2)]]).toEqual([2, null, 2])
  expect(weekly[at(27)]).toBeNull()
  expect(weekly[at(26)]).toBe(2)
  expect([12, 6].map((back) => weekly[at(back)])).toEqual([null, null])
  expect([5, 3].map((back) => weekly[at(back)])).toEqual([2, 2])
  expect([2, 0].map((back) => weekly[at(back)])).toEqual([null, null])
  expect(monthly.every((accounts) => accounts === null)).toBe(true)
})

test('nobody can return on the day on which the record begins', async () => {
  await using reading = await openReading(day(0, 12))
  const { rows, ask } = reading
  await rows.listened(day(1, 5), day(0, 12))
  await active(reading, 1, [1, 2], { new: 2 })
  await active(reading, 0, [1, 3], { new: 1 })
  const told = await ask(people, {})
  expect(told).toMatchObject({ daily: expect.arrayContaining([2, 2]) })
  expect(told.new.slice(-2)).toEqual([null, 1])
  expect(told.returning.slice(-2)).toEqual([null, 1])
  expect(told.daily[0]).toBeNull()
})

test('a window is counted again where the daily counts in it have changed, at most hourly', async () => {
  await using reading = await openReading(day(0, 12))
  const { rows } = reading
  await active(reading, 3, [1])
  await active(reading, 1, [2])
  await countPeople(rows.client, open)
  await active(reading, 3, [5])
  expect(await countPeople(rows.client, open)).toBe('0 of 0 days counted that had changed')
  await rows.client.query(`update people_day set computed_at = now() - interval '2 hours'`)
  expect(await countPeople(rows.client, open)).toBe('2 of 2 days counted that had changed')
  const { rows: counted } = await rows.client.query(
    'select week, month, basis from people_day order by day',
  )
  expect(counted).toEqual([
    { week: 2, month: 2, basis: 2 },
    { week: 3, month: 3, basis: 3 },
  ])
})

test('where the accounts of a window are no longer stored, what was counted stays', async () => {
  await using reading = await openReading(day(0, 12))
  const { rows } = reading
  await active(reading, 3, [1, 2])
  await countPeople(rows.client, open)
  await rows.client.query('delete from author_day')
  await active(reading, 3, [3])
  await rows.client.query(`update people_day set computed_at = now() - interval '2 hours'`)
  expect(await countPeople(rows.client, open)).toContain('1 cannot be told')
  const { rows: kept } = await rows.client.query('select week from people_day')
  expect(kept).toEqual([{ week: 2 }])
  // It is not tried for ever.
  await rows.client.query(`update people_day set computed_at = now() - interval '2 hours'`)
  expect(await countPeople(rows.client, open)).toContain('0 of 0')
  await active(reading, 2, [3])
  expect(await countPeople(rows.client, AbortSignal.abort())).toContain('0 of 1')
})
