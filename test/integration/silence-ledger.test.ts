import { pino } from 'pino'
import { expect, test } from 'vitest'
import { openPool } from '../../src/db/pool.ts'
import { noteSilences } from '../../src/pipeline/silence-ledger.ts'
import { readLedger } from '../support/following.ts'
import { openReading } from '../support/reading.ts'
import { usOf } from '../support/rows.ts'

const like = 'app.bsky.feed.like'
const since = '2026-07-04T14:12:00Z'

/** A collection as it is judged. */
function age(collection: string, silent: boolean) {
  const newestMs = Date.parse(since)
  return { collection, newestMs, ageMs: 480_000, expected: 500, silent, perDay: 90_000 }
}

test('a silent collection is one gap, whoever notes it, and closed when it is heard again', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { rows, url } = reading
  await rows.listened('2026-07-03T12:00:00Z', '2026-07-04T14:20:00Z')
  await using db = openPool({ url, max: 2, statementTimeoutMs: 0, applicationName: 'test' })
  const scope = { db, source: 'jetstream', logger: pino({ level: 'silent' }) }
  const silent = { collections: [age(like, true), age('app.bsky.feed.post', false)] }
  await noteSilences(silent, scope)
  await Promise.all([noteSilences(silent, scope), noteSilences(silent, scope)])
  expect(await readLedger(url)).toMatchObject([
    { source: 'jetstream', reason: 'collection-silent', fromUs: usOf(since), toUs: null },
  ])

  // Not judged silent any more, and yet not heard: it is the new normal, and the gap goes on.
  await noteSilences({ collections: [] }, scope)
  expect(await readLedger(url)).toMatchObject([{ toUs: null, closed: false }])

  await rows.count('2026-07-04T14:31:00Z', 'collection', like, 12)
  await noteSilences({ collections: [age(like, false)] }, scope)
  expect(await readLedger(url)).toMatchObject([
    { toUs: usOf('2026-07-04T14:31:00Z'), closed: true, closedBy: 'jetstream' },
  ])
})

test('before anything is stored nothing is noted', async () => {
  await using reading = await openReading('2026-07-04T15:00:00Z')
  const { url } = reading
  await using db = openPool({ url, max: 1, statementTimeoutMs: 0, applicationName: 'test' })
  const scope = { db, source: 'jetstream', logger: pino({ level: 'silent' }) }
  await noteSilences({ collections: [age(like, true)] }, scope)
  expect(await readLedger(url)).toEqual([])
})
