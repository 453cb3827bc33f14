import { expect, test } from 'vitest'
import { activeAccounts } from '../../src/contract/active-accounts.ts'
import { summary } from '../../src/contract/summary.ts'
import { timeseries } from '../../src/contract/timeseries.ts'
import { top } from '../../src/contract/top.ts'
import { readRows } from '../support/database-state.ts'
import { openReading } from '../support/reading.ts'

const range = { from: '2026-07-03T12:00:00Z', to: '2026-07-04T12:00:00Z' } as const
const dropped = [
  { from: '2026-07-03T12:00:00.000Z', to: '2026-07-04T00:00:00.000Z', reason: 'not-scanned' },
]

/** Posts of two days, of which the rows of the first were dropped; counts of both are there. */
async function openDropped() {
  await using scope = new AsyncDisposableStack()
  const reading = scope.use(await openReading('2026-07-04T12:00:00Z'))
  const { rows } = reading
  await rows.listened('2026-06-30T00:00:00Z', '2026-07-04T12:00:00Z')
  await rows.post({ at: '2026-07-04T06:10:00Z', tags: ['art'], langs: ['en'] })
  for (const day of ['2026-07-03T18:10:00Z', '2026-07-04T06:10:00Z']) {
    await rows.count(day, 'tag', 'art', 1)
    await rows.count(day, 'language', 'en', 1)
  }
  await readRows(
    reading.url,
    `insert into aged_out (table_name, first_day, end_day, bytes)
     values ('bluesky_post', '2026-07-03', '2026-07-04', 0)`,
  )
  scope.move()
  return reading
}

test('a search says that it did not see the posts that were dropped', async () => {
  await using reading = await openDropped()
  const { ask } = reading
  const found = { counted: 'sample', coverage: { ratio: 0.5, gaps: dropped } }
  const filter = { ...range, tag: 'art', lang: 'en' }
  expect(await ask(top, { ...filter, dimension: 'tag' })).toMatchObject({
    ...found,
    items: [{ key: 'art', count: 1, previous: null }],
    authorsOver: { from: '2026-07-04T00:00:00.000Z' },
  })
  expect(await ask(timeseries, { ...filter, interval: '3h' })).toMatchObject(found)
  expect(await ask(activeAccounts, { ...filter, interval: '3h' })).toMatchObject(found)
})

test('headline numbers that only dropped posts could tell are unknown, those from counts are told', async () => {
  await using reading = await openDropped()
  const { ask } = reading
  expect(await ask(summary, { ...range, tag: 'art', lang: 'en' })).toMatchObject({
    counted: 'sample',
    posts: { value: null },
    activeAccounts: { value: null },
    languages: { value: null },
  })
  expect(await ask(summary, { ...range, tag: 'art' })).toMatchObject({
    posts: { value: 2 },
    activeAccounts: { value: null },
  })
  expect(await ask(top, { ...range, dimension: 'tag' })).toMatchObject({
    counted: 'counts',
    coverage: { ratio: 1 },
    items: [{ key: 'art', count: 2 }],
  })
})

test('what was dropped before a range changes nothing in it, and is no match for it', async () => {
  await using reading = await openDropped()
  const { ask } = reading
  const filter = { from: '2026-07-04T00:00:00Z', to: range.to, tag: 'art', lang: 'en' }
  expect(await ask(summary, filter)).toMatchObject({
    counted: 'posts',
    posts: { value: 1, previous: null },
  })
  expect(await ask(top, { ...filter, dimension: 'tag' })).toMatchObject({
    counted: 'posts',
    coverage: { ratio: 1, gaps: [] },
    items: [{ key: 'art', count: 1, previous: null }],
  })
})
