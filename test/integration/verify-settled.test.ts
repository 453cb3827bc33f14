import { expect, inject, test } from 'vitest'
import { openClient } from '../../src/db/pool.ts'
import { settlePartition } from '../../src/store/recount/settle-partition.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { framesOf } from '../support/events.ts'
import { variedHistory } from '../support/varied-history.ts'

test('what the rows of all partitions count is what the counts hold', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using store = await openStore({ url: db.url, source: 'jetstream' })
  const frames = framesOf(variedHistory({ seed: 1, events: 3_000 }))
  await store.write(await store.prepare({ frames, gaps: [] }))
  const client = await openClient({ url: db.url, statementTimeoutMs: 0, applicationName: 'test' })
  const { rows } = await client.query<{ name: string }>(
    `select inhrelid::regclass::text as "name" from pg_inherits
     where inhparent in ('bluesky_post'::regclass, 'bluesky_record'::regclass)`,
  )
  expect(rows.length).toBeGreaterThan(4)
  await client.query('begin')
  for (const { name } of rows) {
    await settlePartition(client, name, new AbortController().signal)
  }
  await client.query('commit')
  await client.end()
  const differences = await readRows(
    db.url,
    `select *
     from (
       select bucket, dimension, key, sum(n) as n
       from count_hour
       where dimension <> 'active'
       group by bucket, dimension, key
       having sum(n) <> 0
     ) as counted
     full join (select * from count_settled where dimension <> 'hour-of-week') as settled
       using (bucket, dimension, key)
     where counted.n is distinct from settled.n`,
  )
  expect(differences).toEqual([])
  const [total] = await readRows<{ n: number }>(
    db.url,
    `select count(distinct dimension)::int as n from count_settled`,
  )
  expect(total?.n).toBeGreaterThan(11)
})
