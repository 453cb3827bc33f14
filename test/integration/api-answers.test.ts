import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openApp } from '../support/serving.ts'

const now = '2026-07-04T15:00:00Z'
const range = 'from=2026-07-04T14:00:00Z&to=2026-07-04T15:00:00Z'

test('an analytic answer is kept for a moment, has a tag, and is not sent twice', async () => {
  await using serving = await openApp(now)
  const { reading, app } = serving
  await reading.rows.listened('2026-07-04T10:00:00Z', '2026-07-04T15:00:00Z')
  await reading.rows.count('2026-07-04T14:10:00Z', 'tag', 'art', 3)
  const url = `/api/v1/top?dimension=tag&${range}`
  const first = await app.inject(url)
  expect(first.statusCode).toBe(200)
  expect(first.headers['cache-control']).toBe('private, max-age=2')
  expect(first.headers.etag).toMatch(/^W\/"[\w-]{22}"$/)
  expect(first.json()).toMatchObject({ items: [{ key: 'art', count: 3 }] })

  await reading.rows.count('2026-07-04T14:10:00Z', 'tag', 'art', 100)
  const again = await app.inject(url)
  expect(again.body).toBe(first.body)
  const known = await app.inject({ url, headers: { 'if-none-match': String(first.headers.etag) } })
  expect(known.statusCode).toBe(304)
  expect(known.body).toBe('')
  expect(known.headers.etag).toBe(first.headers.etag)
  const other = await app.inject({ url, headers: { 'if-none-match': '"other"' } })
  expect(other.statusCode).toBe(200)
})

test('lists and checks are never kept', async () => {
  await using serving = await openApp(now)
  const { reading, app } = serving
  const before = await app.inject('/api/v1/posts')
  expect(before.headers['cache-control']).toBe('no-store')
  expect(before.json()).toEqual({ posts: [], next: null, synthetic: false })
  await reading.rows.post({ at: '2026-07-04T14:00:00Z', text: 'now' })
  const after = await app.inject('/api/v1/posts')
  expect(after.json().posts).toHaveLength(1)
  for (const url of ['/health', '/db-test', '/jetstream-test?seconds=1', '/api/v1/users']) {
    const response = await app.inject(url)
    expect(response.statusCode).toBe(200)
    expect(response.headers['cache-control']).toBe('no-store')
  }
})

test('keys can be repeated, and every parameter reaches the question', async () => {
  await using serving = await openApp(now)
  const { reading, app } = serving
  await reading.rows.listened('2026-07-04T10:00:00Z', '2026-07-04T15:00:00Z')
  await reading.rows.count('2026-07-04T14:10:00Z', 'tag', 'a&b', 3)
  const response = await app.inject(
    `/api/v1/timeseries?dimension=tag&interval=hour&${range}&key=a%26b&key=other`,
  )
  expect(response.json()).toMatchObject({ series: { 'a&b': [3], other: [0] } })
})

test('health is 200 while questions can be answered, and the same at / for a program', async () => {
  await using serving = await openApp(now)
  const { reading, app } = serving
  const source = { name: 'source', since: now, detail: 'No route' } as const
  reading.health = { ...reading.health, components: [{ ...source, state: 'down' }] }
  for (const url of ['/health', '/']) {
    const response = await app.inject(url)
    expect(response.statusCode).toBe(200)
    expect(response.json()).toMatchObject({ status: 'down', name: 'bluesky-analytics' })
  }
})

test('large answers are compressed, with one tag for all encodings', async () => {
  await using serving = await openApp(now)
  const { reading, app } = serving
  await reading.rows.listened('2026-07-04T10:00:00Z', '2026-07-04T15:00:00Z')
  const url = `/api/v1/timeseries?interval=minute&key=a&key=b&key=c&key=d&${range}`
  const plain = await app.inject(url)
  const small = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } })
  expect(small.headers['content-encoding']).toBe('gzip')
  expect(small.headers.vary).toContain('accept-encoding')
  expect(gunzipSync(small.rawPayload).toString()).toBe(plain.body)
  expect(small.headers.etag).toBe(plain.headers.etag)
})

test('too many requests are refused, and told when to come back', async () => {
  await using serving = await openApp(now, { rateLimit: { max: 2, windowMs: 60_000 } })
  const { app } = serving
  await app.inject('/health')
  expect((await app.inject('/nothing')).statusCode).toBe(404)
  const refused = await app.inject('/health')
  expect(refused.statusCode).toBe(429)
  expect(refused.headers['retry-after']).toBeDefined()
  expect(refused.json()).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
})
