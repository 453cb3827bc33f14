import type pg from 'pg'
import { expect, test } from 'vitest'
import { account } from '../../src/contract/account.ts'
import { activeAccounts } from '../../src/contract/active-accounts.ts'
import { listCollections } from '../../src/contract/collections.ts'
import { coverage } from '../../src/contract/coverage.ts'
import { engagement } from '../../src/contract/engagement.ts'
import { health } from '../../src/contract/health.ts'
import { people } from '../../src/contract/people.ts'
import { listPosts } from '../../src/contract/posts.ts'
import { summary } from '../../src/contract/summary.ts'
import { timeseries } from '../../src/contract/timeseries.ts'
import { top } from '../../src/contract/top.ts'
import { listUsers } from '../../src/contract/users.ts'
import type { Sql } from '../../src/db/sql.ts'
import { uuidFloor } from '../../src/event/ids.ts'
import { activityRows } from '../../src/read/activity-counts.ts'
import { countedRows } from '../../src/read/counted.ts'
import { matchedPosts } from '../../src/read/matched.ts'
import { newestPosts } from '../../src/read/newest-posts.ts'
import { openReading } from '../support/reading.ts'

const days = ['2026-07-01', '2026-07-02', '2026-07-03', '2026-07-04'] as const
const now = '2026-07-04T12:00:00Z'
const nowMs = Date.parse(now)

test('a window of posts is read from the newest partition backwards, one after the other', async () => {
  await using reading = await openReading(now)
  const { client } = reading.rows
  await fill(client)
  const newest = await explain(
    client,
    newestPosts(
      { from: uuidFloor(nowMs - 86_400_000), below: uuidFloor(nowMs), selection: null },
      26,
    ),
  )
  expect(newest).toContain('Index Scan Backward using bluesky_post_20260704_pkey')
  expect(newest).not.toContain('Sort')
  expect(partitionsIn(newest)).toEqual(['bluesky_post_20260703', 'bluesky_post_20260704'])
  const range = {
    from: uuidFloor(Date.parse('2026-07-02T03:00:00Z')),
    below: uuidFloor(Date.parse('2026-07-02T04:00:00Z')),
  }
  const bounded = await explain(client, newestPosts({ ...range, selection: null }, 26))
  expect(partitionsIn(bounded)).toEqual(['bluesky_post_20260702'])
})

test('filters use the index they were made for', async () => {
  await using reading = await openReading(now)
  const { client } = reading.rows
  await fill(client)
  const tag = { content: [{ dimension: 'tag', key: 'rare7' }], author: null } as const
  const page = { from: uuidFloor(nowMs - 86_400_000), below: uuidFloor(nowMs) }
  const byTag = await explain(client, newestPosts({ ...page, selection: tag }, 26))
  expect(byTag).toMatch(/Bitmap Index Scan on bluesky_post_20260704_search_idx/)
  const author = await explain(
    client,
    newestPosts({ ...page, selection: { content: [], author: uuidFloor(7) } }, 26),
  )
  expect(author).toMatch(/using bluesky_post_20260704_user_id_id_idx/)
  const scan = await explain(
    client,
    matchedPosts(tag, {
      fromMs: Date.parse('2026-07-03T10:00:00Z'),
      toMs: Date.parse('2026-07-03T12:00:00Z'),
    }),
  )
  // The day before is there for posts edited or imported since.
  expect(partitionsIn(scan)).toEqual(['bluesky_post_20260702', 'bluesky_post_20260703'])
  expect(scan).not.toContain('Seq Scan')
  // Accounts of which something waits to be put right are few, and found without the others.
  expect(scan).toContain('account_standing_waiting')
})

test('a range of counts is read by key from the widest grains that fit', async () => {
  await using reading = await openReading(now)
  const { client } = reading.rows
  await fill(client)
  const edges = [Date.parse('2026-07-01T22:30:00Z'), Date.parse('2026-07-04T01:00:00Z')]
  const plan = await explain(client, countedRows('tag', edges))
  for (const grain of ['minute', 'hour', 'day']) {
    expect(plan).toMatch(new RegExp(`(using|on) count_${grain}(_other)?_pkey`))
  }
  expect(plan).not.toContain('Seq Scan')
  const whole = await explain(
    client,
    countedRows('tag', [Date.parse('2026-07-01T00:00:00Z'), Date.parse('2026-07-04T00:00:00Z')]),
  )
  expect(whole).not.toMatch(/count_(minute|hour)/)
})

test('accounts over time are read by key: days of UTC by day, anything else by hour', async () => {
  await using reading = await openReading(now)
  const { client } = reading.rows
  await fill(client)
  const bucket = (from: string, to: string) => ({
    fromMs: Date.parse(from),
    toMs: Date.parse(to),
    lastId: '0fffffff-ffff-ffff-ffff-ffffffffffff',
  })
  const plan = await explain(
    client,
    activityRows([
      bucket('2026-07-02T00:00:00Z', '2026-07-03T00:00:00Z'),
      bucket('2026-07-02T22:00:00Z', '2026-07-03T22:00:00Z'),
    ]),
  )
  expect(plan).toContain('Index Only Scan using author_hour_other_pkey')
  expect(plan).toContain('Index Cond: ((bucket = part.bucket) AND (user_id <= wanted.last_id))')
  expect(plan).toMatch(/(Index Only Scan using|Bitmap Index Scan on) author_day_other_pkey/)
  expect(plan).not.toContain('Seq Scan')
})

test('no question reads a large table from end to end', async () => {
  await using reading = await openReading(now)
  const { rows, ask, reader } = reading
  await fill(rows.client)
  await rows.listened('2026-07-01T00:00:00Z', now)
  const range = { from: '2026-07-04T05:10:00Z', to: '2026-07-04T11:20:00Z' }
  await ask(summary, {})
  await ask(summary, { ...range, tag: 'rare7' })
  await ask(timeseries, { ...range, dimension: 'tag' })
  await ask(timeseries, { from: '2026-07-01T18:30:00Z', tz: 'Asia/Kolkata', interval: 'day' })
  await ask(timeseries, { ...range, dimension: 'language', tag: 'rare7', domain: 'example.com' })
  await ask(activeAccounts, {})
  await ask(activeAccounts, { from: '2026-07-01T18:30:00Z', tz: 'Asia/Kolkata', interval: 'day' })
  await ask(activeAccounts, { from: '2026-07-01T00:00:00Z', interval: 'day' })
  await ask(activeAccounts, { ...range, tag: 'rare7' })
  await ask(top, { ...range, dimension: 'tag' })
  await ask(top, { ...range, dimension: 'domain', tag: 'rare7' })
  await ask(top, { from: '2026-07-01T00:00:00Z', dimension: 'tag' })
  await ask(top, { ...range, dimension: 'mention' })
  await ask(listCollections, {})
  await ask(engagement, { uri: 'at://did:plc:1/app.bsky.feed.post/3ltfgjkbn5k2a' })
  await ask(account, { account: 'user77.example' })
  await ask(people, {})
  await ask(listPosts, { id: ['019f2d93-4c00-8000-8000-000000000000'] })
  await ask(listPosts, {})
  await ask(listPosts, { lang: 'en', tag: 'rare7' })
  await ask(listPosts, { author: 'user77.example' })
  await ask(listUsers, {})
  await ask(listUsers, { handle: 'User77.example' })
  await ask(coverage, {})
  await ask(health, {})
  // Backends report what they did at the latest when they end.
  await reader[Symbol.asyncDispose]()
  const scanned = await rows.client.query<{ name: string }>(
    `
    select relname as "name"
    from pg_stat_user_tables
    where seq_scan > 0 and n_live_tup > 1000 and last_seq_scan > $1`,
    [filledAt],
  )
  expect(scanned.rows).toEqual([])
})

let filledAt = new Date(0)

/** A few thousand rows in each table, so that the planner chooses as it does on many. */
async function fill(client: pg.Client): Promise<void> {
  await client.query(`
    insert into bluesky_user (id, did, handle, active)
    select md5(i::text)::uuid, 'did:plc:' || i, 'user' || i || '.example', i % 20 <> 0
    from generate_series(1, 3000) as i`)
  for (const day of days) {
    const ms = Date.parse(`${day}T00:00:00Z`)
    const name = `bluesky_post_${day.replaceAll('-', '')}`
    await client.query(
      `create table ${name} partition of bluesky_post for values from ('${uuidFloor(ms)}') to ('${uuidFloor(ms + 86_400_000)}')`,
    )
    await client.query(
      `insert into bluesky_post (id, user_id, time_us, operation, rev, rkey, collection, uri, text, tags, search)
       select
         (lpad(to_hex(ms), 12, '0') || lpad(to_hex(i), 20, '0'))::uuid, md5((1 + i % 3000)::text)::uuid,
         ms * 1000, 'create', 'r', 'k' || i, 'c', 'u' || i, repeat('word ', 40), array['rare' || i % 1000],
         array_to_tsvector(array['lang:en', 'tag:rare' || i % 1000, 'domain:example.com'])
       from (select i, $1::bigint + i * 8640::bigint as ms from generate_series(0, 9999) as i) as post`,
      [ms],
    )
  }
  for (const [grain, step] of [
    ['minute', '5 minutes'],
    ['hour', '1 hour'],
    ['day', '1 day'],
  ] as const) {
    await client.query(`
      insert into count_${grain} (bucket, dimension, key, part, n)
      select bucket, dimension, dimension || key, 0, 1
      from
        generate_series(timestamptz '2026-06-20 00:00Z', '2026-07-04 12:00Z', interval '${step}') as bucket,
        (values ('collection', 3), ('operation', 3), ('language', 2), ('tag', ${grain === 'day' ? 400 : 10})) as d (dimension, keys),
        generate_series(1, keys) as key`)
  }
  await client.query(`
    insert into author_hour (bucket, user_id)
    select bucket, md5(i::text)::uuid
    from
      generate_series(timestamptz '2026-07-01 00:00Z', '2026-07-04 12:00Z', interval '1 hour') as bucket,
      generate_series(1, 200) as i`)
  await client.query(`
    insert into author_day (bucket, user_id)
    select bucket, md5(i::text)::uuid
    from
      generate_series(timestamptz '2026-06-20 00:00Z', '2026-07-04 00:00Z', interval '24 hours') as bucket,
      generate_series(1, 1000) as i`)
  await client.query(`
    insert into author_key (day, dimension, key, user_id, hour, n)
    select date '2026-07-01' + day, 'tag', 'tag' || key, md5(i::text)::uuid, 12, 1
    from generate_series(0, 3) as day, generate_series(1, 10) as key, generate_series(1, 200) as i`)
  await client.query('update count_hour set authors = 1')
  await client.query('update count_day set authors = 1')
  await client.query(`
    insert into account_standing (user_id, did, hidden, settled_at)
    select md5(i::text)::uuid, 'did:plc:' || i, true, case when i > 5 then now() end
    from generate_series(1, 3000) as i`)
  await client.query(`
    insert into engagement (subject, hour, likes)
    select md5(i::text)::uuid, 495000, 1 from generate_series(1, 3000) as i`)
  await client.query(`
    insert into tie (subject, day, follows)
    select md5(i::text)::uuid, '2026-07-01', 1 from generate_series(1, 3000) as i`)
  await client.query(`
    insert into coverage (source, bucket, frames, first_us, last_us)
    select 'jetstream', bucket, 100, 0, 0
    from generate_series(timestamptz '2026-06-20 00:00Z', '2026-07-04 12:00Z', interval '1 minute') as bucket`)
  await client.query('vacuum analyze')
  // Making the partitions scanned them; unflushed, that would be reported later and taken for a question's.
  await client.query('select pg_stat_force_next_flush()')
  filledAt = new Date(Date.now() + 1) // the server's clock is finer than a Date
}

async function explain(client: pg.Client, { text, values }: Sql): Promise<string> {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${text}`, [
    ...values,
  ])
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

function partitionsIn(plan: string): string[] {
  const names = plan.match(/bluesky_post_(\d{8}|other)(?= )/g) ?? []
  return [...new Set(names)].sort()
}
