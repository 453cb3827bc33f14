import { expect, test } from 'vitest'
import { top } from '../../src/contract/top.ts'
import { openReading } from '../support/reading.ts'

const range = { from: '2026-07-04T14:00:00Z', to: '2026-07-04T15:00:00Z' } as const

test('the largest keys come with their counts in the window before', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-04T10:00:00Z', '2026-07-04T15:00:00Z')
  await rows.count('2026-07-04T14:10:00Z', 'tag', 'gaza', 10, 0)
  await rows.count('2026-07-04T14:50:00Z', 'tag', 'gaza', 5, 1)
  await rows.count('2026-07-04T14:10:00Z', 'tag', 'art', 8)
  await rows.count('2026-07-04T14:10:00Z', 'tag', 'アート', 8)
  await rows.count('2026-07-04T14:10:00Z', 'tag', 'taken back', 0)
  await rows.count('2026-07-04T13:10:00Z', 'tag', 'gaza', 10)
  await rows.count('2026-07-04T13:10:00Z', 'tag', 'old', 99)
  expect(await ask(top, { ...range, dimension: 'tag', limit: '2' })).toMatchObject({
    items: [
      { key: 'gaza', count: 15, previous: 10, change: 0.5 },
      { key: 'art', count: 8, previous: 0, change: null },
    ],
    keys: 3,
    counted: 'counts',
  })
})

test('without coverage of the window before there is nothing to compare with', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-04T13:30:00Z', '2026-07-04T15:00:00Z')
  await rows.count('2026-07-04T14:10:00Z', 'tag', 'art', 8)
  await rows.count('2026-07-04T13:40:00Z', 'tag', 'art', 8)
  expect(await ask(top, { ...range, dimension: 'tag' })).toMatchObject({
    items: [{ key: 'art', count: 8, previous: null, change: null }],
  })
})

test('under a filter the keys are those of the matching posts', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  await rows.listened('2026-07-01T00:00:00Z', '2026-07-04T15:00:00Z')
  await rows.post({ at: '2026-07-04T13:10:00Z', tags: ['art', 'cat'], langs: ['en'] })
  await rows.post({ at: '2026-07-04T14:10:00Z', tags: ['art', 'cat'], langs: ['en'] })
  await rows.post({ at: '2026-07-04T14:11:00Z', tags: ['art', 'cat'], langs: ['en'] })
  await rows.post({ at: '2026-07-04T14:12:00Z', tags: ['art'], langs: ['ja', 'en'] })
  await rows.post({ at: '2026-07-04T14:13:00Z', tags: ['dog'], langs: ['en'] })
  await rows.count('2026-07-04T14:10:00Z', 'tag', 'art', 3)
  await rows.count('2026-07-04T13:10:00Z', 'tag', 'art', 1)
  const asked = { ...range, tag: 'Art' }
  // Which tags stand beside it: counts of tags alone cannot tell.
  expect(await ask(top, { ...asked, dimension: 'tag' })).toMatchObject({
    items: [
      { key: 'art', count: 3, previous: 1, change: 2 },
      { key: 'cat', count: 2, previous: 1, change: 1 },
    ],
    keys: 2,
    counted: 'posts',
  })
  expect(await ask(top, { ...asked, dimension: 'language', limit: '1' })).toMatchObject({
    items: [{ key: 'en', count: 3 }],
    keys: 2,
  })
  expect(await ask(top, { ...asked, dimension: 'collection' })).toMatchObject({
    items: [{ key: 'app.bsky.feed.post', count: 3, previous: 1 }],
    counted: 'counts',
  })
  expect(await ask(top, { ...asked, tag: 'nothing', dimension: 'tag' })).toMatchObject({
    items: [],
    keys: 0,
  })
})
