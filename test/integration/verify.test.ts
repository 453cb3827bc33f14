import { expect, inject, test } from 'vitest'
import { openClient } from '../../src/db/pool.ts'
import { settleAccounts } from '../../src/store/deletion/settle-accounts.ts'
import { openRecount } from '../../src/store/recount/recount.ts'
import { everything } from '../../src/store/recount/recount-range.ts'
import { openSnapshot } from '../../src/store/recount/recount-snapshot.ts'
import { settlePartition } from '../../src/store/recount/settle-partition.ts'
import { partitionedTables } from '../../src/store/space/partitioned-tables.ts'
import { createPartitions } from '../../src/store/space/partitions.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { account, commit, framesOf } from '../support/events.ts'
import { differencesOf, recount, storeHistory } from '../support/recounting.ts'
import { variedHistory } from '../support/varied-history.ts'

/** Numbers made from rows, summed over the parts of the log. */
const numbers: Readonly<Record<string, string>> = {
  count_minute: countsOf('minute'),
  count_hour: countsOf('hour'),
  count_day: countsOf('day'),
  author_key: 'select day, dimension, key, user_id, hour, n from author_key where n <> 0',
  engagement: `
    select subject, hour, sum(likes), sum(reposts), sum(replies), sum(quotes)
    from engagement
    group by subject, hour
    having (sum(likes), sum(reposts), sum(replies), sum(quotes)) <> (0, 0, 0, 0)`,
  tie: `
    select subject, day, sum(follows), sum(unfollows), sum(blocks), sum(unblocks)
    from tie
    group by subject, day
    having (sum(follows), sum(unfollows), sum(blocks), sum(unblocks)) <> (0, 0, 0, 0)`,
}

function countsOf(grain: string): string {
  return `
    select bucket, dimension, key, sum(n), sum(authors)
    from count_${grain}
    where dimension <> 'active'
    group by bucket, dimension, key
    having (sum(n), sum(authors)) <> (0, 0)`
}

async function digestNumbers(url: string): Promise<Record<string, unknown>> {
  const digests: Record<string, unknown> = {}
  for (const [table, select] of Object.entries(numbers)) {
    const [row] = await readRows(
      url,
      `select count(*) as n, md5(string_agg(line, ',' order by line)) as digest
       from (select number::text as line from (${select}) as number) as lines`,
    )
    digests[table] = row
  }
  return digests
}

test.each([1, 2, 3, 4])('what is stored of a history is what its rows say (%i)', async (seed) => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, seed, 3_000)
  expect(await differencesOf(db.url)).toEqual([])
  await using found = await recount(db.url)
  for (const { tally, field, compared, leftOut } of found.comparisons) {
    if (field.endsWith('not kept before')) continue
    expect({ tally, field, compared: compared > 10, leftOut }).toEqual({
      tally,
      field,
      compared: true,
      leftOut: 0,
    })
  }
})

const tampered: readonly [string, string][] = [
  ['count_minute', 'n = n + 1'],
  ['count_minute', 'authors = authors - 1'],
  ['count_hour', 'n = n - 1'],
  ['count_hour', 'authors = authors + 1'],
  ['count_day', 'n = n + 2'],
  ['count_day', 'authors = authors + 3'],
  ['author_key', 'n = n + 1'],
  ['author_key', 'n = 0'],
  ['author_hour', 'minutes = 0'],
  ['author_hour', 'minutes = minutes # 4096'],
  ['author_day', 'kinds = 0'],
  ['author_day', 'kinds = kinds # 3'],
  ['engagement', 'likes = likes + 1'],
  ['engagement', 'reposts = reposts - 1'],
  ['engagement', 'replies = replies + 1'],
  ['engagement', 'quotes = quotes + 4'],
  ['tie', 'follows = follows + 1'],
  ['tie', 'unfollows = unfollows - 1'],
  ['tie', 'blocks = blocks + 1'],
  ['tie', 'unblocks = unblocks + 1'],
]

test('a single number that is changed by hand is found and repaired, whichever it is', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 5, 2_000)
  const before = await digestNumbers(db.url)
  for (const [table, change] of tampered) {
    for (const place of [0.1, 0.5, 0.9]) {
      await readRows(
        db.url,
        `update ${table} as t set ${change}
         from (
           select tableoid, ctid from ${table}
           order by md5(${table}::text)
           offset (select count(*) * ${place}::float from ${table})::int limit 1
         ) as one
         where t.tableoid = one.tableoid and t.ctid = one.ctid`,
      )
    }
    {
      await using found = await recount(db.url)
      const differences = found.comparisons.reduce((sum, each) => sum + each.differences, 0)
      expect({ table, change, found: differences > 0 }).toEqual({ table, change, found: true })
      await found.correct()
    }
    expect({ table, change, left: await differencesOf(db.url) }).toEqual({
      table,
      change,
      left: [],
    })
    if (!change.startsWith('minutes') && !change.startsWith('kinds')) {
      expect({ table, change, numbers: await digestNumbers(db.url) }).toEqual({
        table,
        change,
        numbers: before,
      })
    }
  }
})

test('what is stored while numbers are recounted and compared is no difference', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 6, 1_500)
  await using writer = await storeMeanwhile(db.url, 7)
  for (let round = 0; round < 3; round++) expect(await differencesOf(db.url)).toEqual([])
  expect(await writer.stop()).toBeGreaterThan(0)
  expect(await differencesOf(db.url)).toEqual([])
})

test('what settling of hidden and deleted accounts makes of the numbers is what rows say, while others store', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 20, 3_000)
  const client = await openClient({ url: db.url, statementTimeoutMs: 0, applicationName: 'test' })
  {
    await using writer = await storeMeanwhile(db.url, 24)
    for (let round = 0; round < 3; round++) {
      await settleAccounts(client, { signal: new AbortController().signal })
      expect(await differencesOf(db.url)).toEqual([])
    }
    await writer.stop()
  }
  await settleAccounts(client, { signal: new AbortController().signal })
  const { rows } = await client.query(
    'select did from account_standing where settled_at is null union all select id::text from bluesky_post where hidden',
  )
  await client.end()
  expect(rows.length).toBeGreaterThan(0)
  expect(await differencesOf(db.url)).toEqual([])
})

test('what tells late whom an ended follow was about changes no number by being of a hidden account', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using store = await openStore({ url: db.url, source: 'jetstream' })
  const did = 'did:plc:mcc5yghbk7tixqryac2yxku7'
  const follow = { did, collection: 'app.bsky.graph.follow' }
  const batches = [
    [commit({ ...follow, operation: 'delete', atUs: 60_000_000 })],
    [
      account(did, 120_000_000, false, 'deactivated'),
      commit({ ...follow, record: { $type: follow.collection, subject: 'did:plc:other' } }),
    ],
  ]
  for (const messages of batches) {
    await store.write(await store.prepare({ frames: framesOf(messages), gaps: [] }))
  }
  expect(await differencesOf(db.url)).toEqual([])
})

test('correcting while others store leaves nothing that differs', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 8, 1_500)
  for (const [table, change] of tampered) await readRows(db.url, `update ${table} set ${change}`)
  await readRows(db.url, `delete from author_key where hour < 12`)
  await using writer = await storeMeanwhile(db.url, 9)
  {
    await using found = await recount(db.url)
    const corrected = await found.correct()
    expect(corrected.length).toBeGreaterThan(6)
  }
  expect(await writer.stop()).toBeGreaterThan(0)
  expect(await differencesOf(db.url)).toEqual([])
})

test('numbers of a dimension that were never counted are made from the rows that are there', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 10, 2_000)
  const before = await digestNumbers(db.url)
  for (const dimension of ['tag', 'media']) {
    for (const table of ['count_minute', 'count_hour', 'count_day', 'author_key']) {
      await readRows(db.url, `delete from ${table} where dimension = $1`, [dimension])
    }
    await using found = await recount(db.url, { dimensions: [dimension] })
    await found.correct()
    expect(await digestNumbers(db.url)).toEqual(before)
  }
})

test('what was not kept when rows were written is made from them, and told apart', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 16, 2_000)
  const before = await digestNumbers(db.url)
  for (const table of ['author_key', 'engagement', 'tie'])
    await readRows(db.url, `delete from ${table}`)
  for (const table of ['count_minute', 'count_hour', 'count_day']) {
    await readRows(db.url, `delete from ${table} where dimension = 'active'`)
    await readRows(db.url, `update ${table} set authors = 0`)
  }
  await readRows(db.url, `update author_hour set minutes = 0`)
  await readRows(db.url, `update author_day set kinds = 0`)
  await using found = await recount(db.url)
  const apart = found.comparisons
    .filter(({ field }) => field.endsWith('not kept before'))
    .map(({ tally, differences }) => [tally, differences > 0])
  expect(apart).toEqual([
    ['author_hour', true],
    ['author_day', true],
  ])
  await found.correct()
  expect(await differencesOf(db.url)).toEqual([])
  expect(await digestNumbers(db.url)).toEqual(before)
})

test('a range is whole days, and what is outside of it is left alone', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 11, 2_000)
  const [days] = await readRows<{ first: number; last: number }>(
    db.url,
    `select (min(bucket)::date - date '1970-01-01') as first, (max(bucket)::date - date '1970-01-01') as last from count_day`,
  )
  const { first = 0, last = 0 } = days ?? {}
  expect(last).toBeGreaterThan(first)
  await readRows(db.url, `update count_day set n = n + 1 where dimension = 'kind'`)
  await readRows(db.url, `update engagement set likes = likes + 1`)
  {
    await using found = await recount(db.url, { fromDay: last, toDay: last + 1 })
    expect(found.differences.length).toBeGreaterThan(0)
    for (const { bucket } of found.differences) {
      expect(Math.floor(bucket.getTime() / 86_400_000)).toBe(last)
    }
    await found.correct()
  }
  {
    await using found = await recount(db.url, { fromDay: last })
    expect(found.differences).toEqual([])
  }
  await using found = await recount(db.url, { toDay: last })
  expect(found.differences.length).toBeGreaterThan(0)
})

test('who recounts waits for nobody, and only who drops a partition waits', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 17, 500)
  const client = await openClient({ url: db.url, statementTimeoutMs: 0, applicationName: 'test' })
  await client.query(`set lock_timeout = '200ms'`)
  const { signal } = new AbortController()
  {
    await using snapshot = await openSnapshot(db.url)
    expect(snapshot.leaves.length).toBeGreaterThan(10)
    expect(await createPartitions(client, partitionedTables, 21_000)).toBeGreaterThan(5)
    await storeHistory(db.url, 18, 500)
    await expect(client.query('drop table bluesky_post_20260525')).rejects.toThrow('lock timeout')
  }
  await client.query('begin')
  await settlePartition(client, 'bluesky_post_20260525', signal)
  await client.query('drop table bluesky_post_20260525')
  await client.query('commit')
  await client.end()
  expect(await differencesOf(db.url)).toEqual([])
})

test('a recount that is stopped ends at once, and leaves nothing behind', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 19, 500)
  for (const table of ['bluesky_record', 'engagement']) {
    const stop = new AbortController()
    const stopped = openRecount({
      url: db.url,
      range: everything,
      dimensions: null,
      keptFrom: new Map(),
      signal: stop.signal,
      onProgress: (progress) => {
        if (progress.table === table) stop.abort(new Error('enough'))
      },
    })
    await expect(stopped).rejects.toThrow('enough')
    const left = () =>
      readRows(
        db.url,
        `select pid from pg_stat_activity where application_name like '%analytics%'
        and datname = current_database() and pid <> pg_backend_pid()`,
      )
    await expect.poll(left).toEqual([])
  }
})

interface Writer extends AsyncDisposable {
  /** Resolves to how many messages it has stored. */
  stop(): Promise<number>
}

/** A writer that goes on storing until it is told to stop. */
async function storeMeanwhile(url: string, seed: number): Promise<Writer> {
  const frames = framesOf(variedHistory({ seed, events: 20_000 }))
  const store = await openStore({ url, source: 'meanwhile', part: 3 })
  let stopped = false
  const work = (async () => {
    await using writer = store
    let stored = 0
    for (; stored < frames.length && !stopped; stored += 50) {
      const chunk = frames.slice(stored, stored + 50)
      await writer.write(await writer.prepare({ frames: chunk, gaps: [] }))
    }
    return stored
  })()
  const stop = () => {
    stopped = true
    return work
  }
  return {
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}
