import { expect, inject, test } from 'vitest'
import { openClient } from '../../src/db/pool.ts'
import { settlePartition } from '../../src/store/recount/settle-partition.ts'
import { foldSettled } from '../../src/store/space/retention-settled.ts'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { differencesOf, recount, storeHistory } from '../support/recounting.ts'

test('rows that were dropped are told apart from numbers that are wrong', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 27, 3_000)
  const client = await openClient({ url: db.url, statementTimeoutMs: 0, applicationName: 'test' })
  const { rows } = await client.query<{ name: string }>(
    `select inhrelid::regclass::text as "name" from pg_inherits
     where inhparent in ('bluesky_post'::regclass, 'bluesky_record'::regclass)
       and inhrelid::regclass::text not like '%_other'
     order by 1`,
  )
  // The older of two days of each table; one of them is out of its table and not settled yet.
  const [posts = '', , records = ''] = rows.map(({ name }) => name)
  await client.query(`alter table bluesky_record detach partition ${records}`)
  await client.query(`alter table ${records} rename to ${records}_retired_1`)
  expect(await differencesOf(db.url)).toEqual([])
  for (const name of [posts, `${records}_retired_1`]) {
    await client.query('begin')
    await settlePartition(client, name, new AbortController().signal)
    await client.query(`drop table ${name}`)
    await client.query('commit')
  }
  await client.end()
  expect(await differencesOf(db.url)).toEqual([])
  await using settled = await recount(db.url)
  expect(settled.comparisons.some(({ leftOut }) => leftOut > 0)).toBe(true)
  expect(settled.comparisons.some(({ atLeast }) => atLeast > 0)).toBe(true)
  await readRows(
    db.url,
    `update count_hour set n = n + 1 where dimension = 'kind' and key = 'reply'`,
  )
  const left = await differencesOf(db.url)
  expect(left.length).toBeGreaterThan(0)
})

test('what was dropped is known by the day where hours are not kept any more', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 14, 3_000)
  const client = await openClient({ url: db.url, statementTimeoutMs: 0, applicationName: 'test' })
  const { signal } = new AbortController()
  const { rows } = await client.query<{ name: string; last: number }>(
    `select inhrelid::regclass::text as "name", date '2026-05-26' - date '1970-01-01' as "last" from pg_inherits
     where inhparent in ('bluesky_post'::regclass, 'bluesky_record'::regclass)
       and inhrelid::regclass::text like '%_20260525'`,
  )
  expect(rows).toHaveLength(2)
  for (const { name } of rows) {
    await client.query('begin')
    await settlePartition(client, name, signal)
    await client.query(`drop table ${name}`)
    await client.query('commit')
  }
  const [{ last = 0 } = {}] = rows
  expect(await foldSettled(client, last, signal)).toBeGreaterThan(0)
  await client.end()
  await using found = await recount(db.url, { keptFrom: new Map([['count_hour', last]]) })
  expect(found.differences).toEqual([])
  await readRows(db.url, `update count_day set n = n + 1 where dimension = 'kind'`)
  await using wrong = await recount(db.url, { keptFrom: new Map([['count_hour', last]]) })
  expect(wrong.differences.length).toBeGreaterThan(2)
})

test('numbers whose own tables were dropped for their age are left out', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 13, 2_000)
  const [day] = await readRows<{ first: string }>(
    db.url,
    `select min(bucket)::date::text as first from count_day`,
  )
  const { first = '' } = day ?? {}
  const date = first.replaceAll('-', '')
  for (const table of ['count_minute', 'author_hour', 'author_key']) {
    await readRows(db.url, `drop table ${table}_${date}`)
    await readRows(
      db.url,
      `insert into aged_out (table_name, first_day, end_day, bytes) values ($1, $2, $2::date + 1, 0)`,
      [table, first],
    )
  }
  expect(await differencesOf(db.url)).toEqual([])
})

test('what lay outside of partitions is left out where it may have been deleted', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, 15, 1_000)
  const day = 20_598 // 2026-05-25
  for (const table of ['count_minute', 'author_hour', 'author_key']) {
    await readRows(db.url, `drop table ${table}_20260525`)
  }
  const keptFrom = new Map(
    ['count_minute', 'author_hour', 'author_key'].map((table) => [table, day + 1]),
  )
  await using left = await recount(db.url, { keptFrom })
  expect(left.differences).toEqual([])
  await using found = await recount(db.url, {
    keptFrom: new Map([...keptFrom].map(([table]) => [table, day])),
  })
  expect(found.differences.length).toBeGreaterThan(0)
})
