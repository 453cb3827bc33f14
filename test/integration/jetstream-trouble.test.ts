import { describe, expect, test } from 'vitest'
import { collectChunks } from '../support/collect-chunks.ts'
import { xrpcError } from '../support/fake-jetstream.ts'
import { cursorOf, lines, open, openFake, seqs, v2Path } from '../support/jetstream-reading.ts'

describe('refusals', () => {
  test('a host that warms up, limits or is cut off by a proxy is tried again', async () => {
    const fake = await openFake()
    fake.refusals.push(
      { status: 503, body: '{"error":"ServiceUnavailable","message":"merging"}' },
      { status: 429, headers: { 'retry-after': '0' } },
    )
    const { frames, until } = collectChunks(open(fake))
    await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    expect(fake.requests).toHaveLength(3)
  })

  test('Retry-After is obeyed', async () => {
    const fake = await openFake()
    fake.refusals.push({ status: 429, headers: { 'retry-after': '3600' } })
    const source = open(fake, { timings: { retryAfterCapMs: 300 } })
    collectChunks(source)
    await fake.requested(1)
    await expect.poll(() => source.status().detail).toContain('HTTP 429')
    expect(source.status()).toMatchObject({ state: 'waiting', host: fake.url })
    expect(source.status().detail).toContain('next try in 0.3 s')
    await fake.connection(1)
  })

  test('an invalid request ends the source: asking again is pointless', async () => {
    const fake = await openFake()
    fake.refusals.push(xrpcError(400, 'InvalidRequest', 'invalid collection "app.bsky.fo*"'))
    const source = open(fake, { collections: ['app.bsky.fo*'] })
    const { done } = collectChunks(source)
    await expect(done).rejects.toMatchObject({
      code: 'SOURCE_REJECTED',
      message: expect.stringContaining('invalid collection "app.bsky.fo*"'),
    })
    expect(source.status()).toMatchObject({
      state: 'waiting',
      detail: expect.stringContaining('app.bsky.fo*'),
    })
  })

  test('so does a plain 400 on v1', async () => {
    const fake = await openFake()
    fake.refusals.push({ status: 400, body: 'invalid wantedDids' })
    const { done } = collectChunks(open(fake, { wire: 'v1' }))
    await expect(done).rejects.toMatchObject({ code: 'SOURCE_REJECTED' })
  })

  test('auto takes v1 where there is no v2, and remembers', async () => {
    const fake = await openFake({ kind: 'legacy' })
    const { frames, until } = collectChunks(open(fake))
    const connection = await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    connection.cut()
    await fake.connection(2)
    expect(fake.requests.map((request) => request.split('?')[0])).toEqual([
      v2Path,
      '/subscribe',
      '/subscribe',
    ])
  })

  test('a host that spoke v2 is not taken for a legacy one when a proxy has no answer', async () => {
    const fake = await openFake()
    const { frames, until } = collectChunks(open(fake))
    const connection = await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    fake.refusals.push({ status: 404 })
    connection.cut()
    const { wire } = await fake.connection(2)
    expect(wire).toBe('v2')
  })

  test('a host that does not listen is left for the next after three tries', async () => {
    const [down, up] = [await openFake(), await openFake()]
    const { url } = down
    await down[Symbol.asyncDispose]()
    const source = open([url, up.url])
    const { frames, until } = collectChunks(source)
    await up.connection(1)
    up.append(...lines(1))
    await until(() => frames.length === 1)
    expect(source.status()).toMatchObject({ state: 'live', host: up.url, reconnects: 3, frames: 1 })
  })
})

describe('silence', () => {
  const quick = { silenceMs: 40, pongMs: 40, stableMs: 60 }

  test('an idle host that answers pings is kept', async () => {
    const fake = await openFake()
    const source = open(fake, { timings: { silenceMs: 20, pongMs: 400 } })
    const { frames, until } = collectChunks(source)
    const connection = await fake.connection(1)
    let pings = 0
    const pinged = new Promise<void>((resolve) =>
      connection.onPing(() => ++pings === 3 && resolve()),
    )
    await pinged
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    expect(fake.connections).toHaveLength(1)
  })

  test('a host that pings is asked nothing', async () => {
    const fake = await openFake({ pingMs: 10, autoPong: false })
    collectChunks(open(fake, { timings: { ...quick, silenceMs: 500 } }))
    const connection = await fake.connection(1)
    let pings = 0
    connection.onPing(() => pings++)
    await connection.ponged(100)
    expect(pings).toBe(0)
    expect(fake.connections).toHaveLength(1)
  })

  test('a host that stopped answering is left', async () => {
    const fake = await openFake({ autoPong: false })
    const { frames, until } = collectChunks(open(fake, { timings: quick }))
    await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    expect(cursorOf((await fake.connection(2)) && fake.requests[1])).toBe(1)
  })

  test('a half-open connection is noticed, and nothing is lost', async () => {
    const fake = await openFake()
    const { frames, until } = collectChunks(open(fake, { timings: quick }))
    const connection = await fake.connection(1)
    fake.append(...lines(2))
    await until(() => frames.length === 2)
    connection.freeze()
    fake.append(...lines(2))
    await until(() => frames.length === 4)
    expect(seqs(frames)).toEqual([1, 2, 3, 4])
  })

  test('a host that answers pings and sends no event is left for the next, where everything is asked for', async () => {
    const [mute, next] = [await openFake({ pingMs: 10 }), await openFake({ pingMs: 10 })]
    const timings = { noEventsMs: 150 }
    const { frames, until } = collectChunks(open([mute.url, next.url], { timings }))
    await mute.connection(1)
    mute.append(...lines(1))
    await next.connection(1)
    next.append(...lines(1))
    await until(() => frames.length === 2)
    expect(mute.connections).toHaveLength(1)

    const quiet = await openFake({ pingMs: 10 })
    collectChunks(open(quiet, { timings, collections: ['app.bsky.feed.post'] }))
    await (await quiet.connection(1)).ponged(40)
    expect(quiet.connections).toHaveLength(1)
  })

  test('a host that accepts and never speaks is left for the next', async () => {
    const [mute, next] = [await openFake({ autoPong: false }), await openFake()]
    collectChunks(open([mute.url, next.url], { timings: quick }))
    await next.connection(1)
    expect(mute.connections).toHaveLength(3)
  })
})
