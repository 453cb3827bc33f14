import { expect, test } from 'vitest'
import { listCollections } from '../../src/contract/collections.ts'
import { openReading } from '../support/reading.ts'
import { usOf } from '../support/rows.ts'

test('every collection says when it was first seen and how many records it has', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, ask } = reading
  for (const [nsid, at] of [
    ['app.bsky.feed.post', '2026-07-01T00:00:00Z'],
    ['app.bsky.feed.like', '2026-07-01T00:00:01Z'],
    ['org.example.Note', '2026-07-03T12:00:00Z'],
  ] as const) {
    await rows.client.query('insert into collection values ($1, $2)', [nsid, usOf(at)])
  }
  await rows.count('2026-07-02T10:00:00Z', 'collection', 'app.bsky.feed.post', 3)
  await rows.count('2026-07-03T10:00:00Z', 'collection', 'app.bsky.feed.post', 4, 1)
  const first = await ask(listCollections, { limit: '2' })
  expect(first).toMatchObject({
    collections: [
      { nsid: 'app.bsky.feed.like', count: 0 },
      { nsid: 'app.bsky.feed.post', count: 7, firstSeenAt: '2026-07-01T00:00:00.000Z' },
    ],
  })
  const { next } = first
  expect(await ask(listCollections, { limit: '2', cursor: next ?? '' })).toMatchObject({
    collections: [{ nsid: 'org.example.Note', firstSeenAt: '2026-07-03T12:00:00.000Z' }],
    next: null,
  })
  expect((await ask(listCollections, { prefix: 'org.' })).collections).toHaveLength(1)
})
