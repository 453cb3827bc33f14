import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openServer } from '../../src/api/serve.ts'
import { LiveCounters, LivePosts } from '../../src/contract/live.ts'
import { openListening } from '../support/serving.ts'
import { type EventStream, openEventStream } from '../support/sse.ts'

const now = '2026-07-04T15:00:00Z'
const at = (second: number) =>
  new Date(Date.parse('2026-07-04T14:59:00Z') + second * 1000).toISOString()
const listeningSince = '2026-07-04T14:00:00Z'

test('counters come at once and again, in the shape of the contract', async () => {
  await using serving = await openListening(now)
  const { rows } = serving.reading
  await rows.listened(listeningSince, at(58))
  await rows.count(at(1), 'collection', 'app.bsky.feed.like', 580)
  await rows.count(at(1), 'operation', 'app.bsky.feed.post/create', 58)
  await rows.count('2026-07-01T00:00:00Z', 'collection', 'app.bsky.feed.like', 20)
  const stream = await openEventStream(`${serving.url}/api/v1/live`)
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(stream.response.headers.get('content-encoding')).toBeNull()
  const counters = LiveCounters.parse((await stream.next('counters')).data)
  expect(counters).toMatchObject({
    asOf: at(58),
    lagMs: 2_000,
    eventsTotal: 600,
    eventsPerSecond: 10,
    postsPerSecond: 1,
    state: 'live',
  })
  await stream.next('counters')
  stream.close()
})

test('posts come as they are stored, once each, whatever their clocks say', async () => {
  await using serving = await openListening(now)
  const { rows } = serving.reading
  await rows.listened(listeningSince, at(0))
  await rows.post({ at: at(-5), text: 'before' })
  const stream = await openEventStream(`${serving.url}/api/v1/live`)
  await stream.next('counters')
  // A fast clock does not hide what comes after it.
  await rows.post({ at: '2026-07-04T15:03:00Z', storedAt: at(1), text: 'fast clock' })
  await rows.listened(listeningSince, at(1))
  expect(await textsIn(stream)).toEqual(['fast clock'])
  await rows.post({ at: at(2), text: 'second' })
  await rows.post({ at: at(2), text: 'deleted', operation: 'delete', clock: 1 })
  await rows.listened(listeningSince, at(3))
  expect(await textsIn(stream)).toEqual(['second'])
  await rows.user({ did: 'did:plc:hidden', active: false })
  await rows.post({ at: at(4), text: 'hidden', did: 'did:plc:hidden' })
  await rows.post({ at: at(4), text: 'third' })
  await rows.listened(listeningSince, at(4))
  expect(await textsIn(stream)).toEqual(['third'])
  stream.close()
})

test('a client with filters gets the posts that match', async () => {
  await using serving = await openListening(now)
  const { rows } = serving.reading
  await rows.user({ did: 'did:plc:ana', handle: 'ana.example' })
  await rows.listened(listeningSince, at(0))
  const url = `${serving.url}/api/v1/live`
  const streams = await Promise.all([
    openEventStream(`${url}?lang=pt&tag=%23Clima`),
    openEventStream(`${url}?author=ana.example`),
    openEventStream(`${url}?domain=www.ipcc.ch`),
  ])
  for (const stream of streams) await stream.next('counters')
  await rows.post({ at: at(1), text: 'a', langs: ['pt-BR'], tags: ['clima'] })
  await rows.post({ at: at(2), text: 'b', langs: ['en'], tags: ['clima'], did: 'did:plc:ana' })
  await rows.post({ at: at(3), text: 'c', langs: ['pt'], domains: ['ipcc.ch'] })
  await rows.listened(listeningSince, at(3))
  expect(await Promise.all(streams.map(textsIn))).toEqual([['a'], ['b'], ['c']])
  for (const stream of streams) stream.close()
})

test('a client that comes back gets what it missed, the newest first, and then goes on', async () => {
  await using serving = await openListening(now)
  const { rows } = serving.reading
  await rows.listened(listeningSince, at(0))
  const url = `${serving.url}/api/v1/live`
  const first = await openEventStream(url)
  const { id } = await first.next('counters')
  first.close()
  expect(id).not.toBeNull()
  await rows.post({ at: at(1), text: 'missed', langs: ['pt'] })
  await rows.post({ at: at(2), text: 'missed too', langs: ['en'] })
  await rows.listened(listeningSince, at(2))
  const back = await openEventStream(url, { 'last-event-id': String(id) })
  expect(await textsIn(back)).toEqual(['missed too', 'missed'])
  await rows.post({ at: at(3), text: 'new' })
  await rows.listened(listeningSince, at(3))
  expect(await textsIn(back)).toEqual(['new'])
  back.close()
  const filtered = await openEventStream(`${url}?lang=pt`, { 'last-event-id': String(id) })
  expect(await textsIn(filtered)).toEqual(['missed'])
  filtered.close()
  // Something that was never an id is a first visit.
  const strange = await openEventStream(url, { 'last-event-id': "'; drop table position" })
  expect((await strange.next()).event).toBe('counters')
  strange.close()
})

test('after a long absence at most a hundred posts come, with how many there were', async () => {
  await using serving = await openListening(now)
  const { rows } = serving.reading
  await rows.listened(listeningSince, at(0))
  const url = `${serving.url}/api/v1/live`
  const first = await openEventStream(url)
  const { id } = await first.next('counters')
  first.close()
  for (let i = 0; i < 120; i++) await rows.post({ at: at(1), clock: i, text: String(i) })
  await rows.listened(listeningSince, at(2))
  const back = await openEventStream(url, { 'last-event-id': String(id) })
  const { data } = await back.next('posts')
  expect(LivePosts.parse(data)).toMatchObject({ seen: 120, shown: 100 })
  for (let i = 0; i < 30; i++) await rows.post({ at: at(3), clock: i, text: String(i) })
  await rows.listened(listeningSince, at(3))
  expect(LivePosts.parse((await back.next('posts')).data)).toMatchObject({ seen: 30, shown: 20 })
  back.close()
})

test('the state follows what is behind it', async () => {
  await using serving = await openListening(now)
  const { reading } = serving
  await reading.rows.listened(listeningSince, at(58))
  const stream = await openEventStream(`${serving.url}/api/v1/live`)
  const untilState = async (state: string) => {
    for (;;) {
      const counters = LiveCounters.parse((await stream.next('counters')).data)
      if (counters.state === state) return counters.detail
    }
  }
  await untilState('live')
  reading.nowMs += 20_000
  expect(await untilState('stalled')).toBe('Nothing was stored for 20 s')
  reading.health = {
    ...reading.health,
    components: [{ name: 'source', state: 'down', since: now, detail: 'No route to the host' }],
  }
  expect(await untilState('no-source')).toBe('No route to the host')
  stream.close()
})

test('while nobody listens the database is left alone', async () => {
  await using serving = await openListening(now)
  const { client } = serving.reading.rows
  const stream = await openEventStream(`${serving.url}/api/v1/live`)
  await stream.next('counters')
  const lookedAt = async () => {
    const { rows } = await client.query<{ at: Date | null }>(
      `select max(query_start) as "at" from pg_stat_activity
       where datname = current_database() and application_name = 'bluesky-analytics read'`,
    )
    return rows[0]?.at?.getTime() ?? 0
  }
  const before = await lookedAt()
  await expect.poll(lookedAt).toBeGreaterThan(before)
  stream.close()
  // Looks at the database, 100 ms apart, that see the same last statement: nothing was asked in between.
  let seen = 0
  const isStill = async () => {
    const last = seen
    seen = await lookedAt()
    return seen === last
  }
  await expect.poll(isStill, { interval: 100 }).toBe(true)
})

test('a client that does not read is cut off, others go on', async () => {
  await using serving = await openListening(now)
  const { rows } = serving.reading
  await rows.listened(listeningSince, at(0))
  const { port } = new URL(serving.url)
  const slow = connect({ port: Number(port), host: '127.0.0.1' })
  await once(slow, 'connect')
  slow.write(`GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  slow.pause()
  const quick = await openEventStream(`${serving.url}/api/v1/live`)
  await quick.next('counters')
  // 16 MB in messages of 200 kB: the buffers of the system hold a part of it, then ours would grow.
  const messages = 80
  for (let second = 1; second <= messages; second++) {
    for (let clock = 0; clock < 20; clock++) {
      await rows.post({ at: at(second / 2), clock, text: 'x'.repeat(10_000) })
    }
    await rows.listened(listeningSince, at(second / 2))
    await quick.next('posts')
  }
  let taken = 0
  slow.on('data', (chunk) => {
    taken += chunk.length
  })
  slow.on('error', () => undefined) // being cut off may come as a reset
  slow.resume()
  await once(slow, 'close')
  expect(taken).toBeLessThan(messages * 200_000)
  await quick.next('counters')
  quick.close()
})

test('closing the server ends streams at once', async () => {
  await using serving = await openListening(now)
  const stream = await openEventStream(`${serving.url}/api/v1/live`)
  await stream.next('counters')
  const started = performance.now()
  await serving.close()
  expect(performance.now() - started).toBeLessThan(1_000)
  await expect(
    (async () => {
      for (;;) await stream.next()
    })(),
  ).rejects.toThrow()
})

test('a port in use is told with what to do', async () => {
  await using serving = await openListening(now)
  const port = Number(new URL(serving.url).port)
  const { reader } = serving.reading
  await expect(openServer({ reader, version: '0', host: '127.0.0.1', port })).rejects.toMatchObject(
    {
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(port)),
      hint: expect.stringContaining('--port'),
    },
  )
})

async function textsIn(stream: EventStream): Promise<string[]> {
  const { posts } = LivePosts.parse((await stream.next('posts')).data)
  return posts.map(({ text }) => text)
}
