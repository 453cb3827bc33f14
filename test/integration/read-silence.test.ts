import { expect, test } from 'vitest'
import { health } from '../../src/contract/health.ts'
import { openReading, type Reading } from '../support/reading.ts'

const now = '2026-07-04T15:20:30Z'
const like = 'app.bsky.feed.like'
const repost = 'app.bsky.feed.repost'
const post = 'app.bsky.feed.post'
const follow = 'app.bsky.graph.follow'

test('a collection that falls silent while others flow is an alarm, with its name and since when', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  await rows.listened('2026-07-02T12:00:00Z', now)
  await flow(reading, [like, repost, follow], now)
  await flow(reading, [post], '2026-07-04T15:12:00Z')
  // Created by a writer of one partition, moved away by one of another: no event in this minute.
  await rows.client.query(
    `insert into count_minute (bucket, dimension, key, part, n)
     values ('2026-07-04 15:18Z', 'collection', $1, 0, 3), ('2026-07-04 15:18Z', 'collection', $1, 3, -3)`,
    [post],
  )
  const state = await ask(health, {})
  expect(state.status).toBe('degraded')
  expect(state.ready).toBe(true)
  expect(state.components.find(({ name }) => name === 'collections')).toMatchObject({
    state: 'degraded',
    since: '2026-07-04T15:12:00.000Z',
    detail: expect.stringMatching(
      /^Silent while others flow: app\.bsky\.feed\.post since 2026-07-04 15:12 UTC \(about \d{3} events/,
    ),
  })
  const collections = await agesOf(reading)
  expect(collections.find(({ collection }) => collection === post)).toMatchObject({
    ageMs: 510_000,
    silent: true,
  })
  expect(collections.find(({ collection }) => collection === like)).toMatchObject({
    ageMs: 30_000,
    silent: false,
  })

  await flow(reading, [post], now, '2026-07-04T15:19:00Z')
  // Asked again only after a while.
  expect((await ask(health, {})).status).toBe('degraded')
  reading.nowMs += 10_001
  expect(await ask(health, {})).toMatchObject({ status: 'ok' })
})

test('a silence that goes on keeps the minute it began in', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  await rows.listened('2026-07-02T12:00:00Z', now)
  await flow(reading, [like, repost], now)
  await flow(reading, [post], '2026-07-04T15:12:00Z')
  await ask(health, {})
  const later = '2026-07-04T16:30:00Z'
  await rows.listened('2026-07-02T12:00:00Z', later)
  await flow(reading, [like, repost], later, now)
  reading.nowMs = Date.parse(later)
  const state = await ask(health, {})
  expect(state.components.find(({ name }) => name === 'collections')?.since).toBe(
    '2026-07-04T15:12:00.000Z',
  )
})

test('what is not asked for, not stored yet, or silent together is not missed', async () => {
  await using reading = await openReading(now)
  const { rows, ask } = reading
  expect(await ask(health, {})).toMatchObject({ status: 'ok' })
  await rows.listened('2026-07-02T12:00:00Z', now)
  await flow(reading, [like, post], '2026-07-04T15:05:00Z')
  reading.nowMs += 10_001
  expect(await ask(health, {})).toMatchObject({ status: 'ok' })
  await flow(reading, [like], now, '2026-07-04T15:05:00Z')
  reading.follows = (collection) => collection === like
  reading.nowMs += 10_001
  expect(await ask(health, {})).toMatchObject({ status: 'ok' })
  reading.follows = () => true
  reading.nowMs += 10_001
  expect(await ask(health, {})).toMatchObject({ status: 'degraded' })
})

test('only known collections and the most frequent few are named to a monitoring system', async () => {
  await using reading = await openReading(now)
  const { rows } = reading
  await rows.listened('2026-07-02T12:00:00Z', now)
  const strangers = Array.from({ length: 40 }, (_, n) => `example.stranger.n${n}`)
  await flow(reading, [like, post, ...strangers], now)
  const collections = await agesOf(reading)
  const names = collections.map(({ collection }) => collection)
  expect(names).toContain(like)
  expect(names).toContain('other')
  expect(names.filter((name) => name.startsWith('example.'))).toHaveLength(10)
})

async function agesOf({ reader }: Reading) {
  return (await reader.state.observe())?.collections ?? []
}

/** Sixty events a minute of some collections over two days, spread over twelve log partitions, up to a time. */
async function flow(
  { rows }: Reading,
  collections: readonly string[],
  until: string,
  from = '2026-07-02T15:00:00Z',
): Promise<void> {
  for (const grain of ['minute', 'hour']) {
    await rows.client.query(
      `insert into count_${grain} as c (bucket, dimension, key, part, n)
       select date_trunc('${grain}', at, 'UTC'), 'collection', key, part, 5 * count(*)
       from
         generate_series(
           greatest($2::timestamptz, case '${grain}' when 'minute' then timestamptz '2026-07-04 14:00Z' else '-infinity' end),
           $3::timestamptz - interval '1 minute',
           interval '1 minute'
         ) as at,
         unnest($1::text[]) as key,
         generate_series(0, 11) as part
       group by 1, 3, 4
       on conflict (dimension, bucket, key, part) do update set n = c.n + excluded.n`,
      [collections, from, until],
    )
  }
}
