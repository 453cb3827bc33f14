import { describe, expect, test } from 'vitest'
import type { Wire } from '../../src/event/frame.ts'
import { collectChunks } from '../support/collect-chunks.ts'
import { goldenLines, v2Dictionary, xrpcError } from '../support/fake-jetstream.ts'
import {
  lines,
  nowUs,
  open,
  openFake,
  positionAt,
  range,
  second,
  seqs,
  texts,
} from '../support/jetstream-reading.ts'

describe('frames', () => {
  test.each<[kind: 'v2' | 'legacy', wire: Wire]>([
    ['v2', 'v2'],
    ['v2', 'v1'],
    ['legacy', 'v1'],
  ])(
    'each kind and operation, as it was sent, with its position (%s host, %s)',
    async (kind, wire) => {
      const fake = await openFake({ kind })
      const { frames, until } = collectChunks(open(fake, { wire }))
      await fake.connection(1)
      fake.append(...goldenLines)
      await until(() => frames.length === goldenLines.length)
      expect(texts(frames)).toEqual(fake.events.map((event) => fake.frame(event, wire)))
      expect(frames.map(({ position }) => position)).toEqual(
        fake.events.map(({ seq, timeUs }) => ({
          host: fake.url,
          wire,
          seq: kind === 'v2' ? seq : null,
          timeUs,
          epoch: 0,
        })),
      )
    },
  )

  test('hostile ones are handed on, in order; none ends the connection', async () => {
    const fake = await openFake()
    const { frames, until } = collectChunks(open(fake, { wire: 'v1' }))
    const connection = await fake.connection(1)
    const timeUs = nowUs()
    const head = `{"did":"did:plc:x","time_us":${timeUs},"cursor":`
    const hostile = [
      `${head}1,"kind":"commit","commit":{"record":{"text":"a\\u0000b"}}}`,
      `${head}2,"kind":"commit","commit":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
      `${head}3,"kind":"commit","commit":{"record":{"text":"${'x'.repeat(2_000_000)}"}}}`,
      `${head}4,"kind":"commit","commit":{"record":{"createdAt":"yesterday","n":9223372036854775807}}}`,
      `${head}5,"kind":"commit","__proto__":{"time_us":1},"constructor":{}}`,
      `${head}6,"kind":"never heard of","x":[]}`,
      '{"did":"did:plc:x","time_us":',
      'null',
      '',
      Buffer.concat([
        Buffer.from(`${head}7,"kind":"identity","identity":"`),
        Buffer.from([0xff, 0xfe]),
        Buffer.from('"}'),
      ]),
      `${head}8,"kind":"identity"}`,
    ]
    for (const frame of hostile) connection.send(frame)
    await until(() => frames.length === hostile.length)
    expect(frames.map(({ bytes }) => bytes)).toEqual(hostile.map((frame) => Buffer.from(frame)))
    expect(seqs(frames)).toEqual([1, 2, 3, 4, 5, 6, 6, 6, 6, 7, 8])
    expect(frames.every(({ position }) => position.timeUs === timeUs)).toBe(true)
    expect(fake.connections).toHaveLength(1)
  })

  test('a message above the limit is counted, and left out of the next connection', async () => {
    const fake = await openFake()
    fake.append(...lines(3))
    const source = open(fake, { position: positionAt(fake, 1), maxMessageBytes: 100_000 })
    const { frames, until } = collectChunks(source)
    await until(() => frames.length === 2)
    ;(await fake.connection(1)).send('x'.repeat(100_001))
    await fake.connection(2)
    fake.append(...lines(1))
    await until(() => frames.length === 3)
    expect(seqs(frames)).toEqual([2, 3, 4])
    expect(fake.requests.map((request) => request.includes('maxMessageSizeBytes=100000'))).toEqual([
      false,
      true,
    ])
    expect(source.status().skipped).toEqual({ oversize: 1, repeat: 1 + 1 })
  })

  test('a stream of nothing but junk is given up, and tried again', async () => {
    const fake = await openFake()
    const { frames } = collectChunks(open(fake))
    const connection = await fake.connection(1)
    for (let i = 0; i < 150; i++) connection.send('junk')
    await fake.connection(2)
    expect(frames.length).toBeLessThanOrEqual(100)
  })
})

describe('compression', () => {
  test.each<[wire: Wire]>([['v1'], ['v2']])('with the dictionary of %s', async (wire) => {
    const fake = await openFake()
    const { frames, until } = collectChunks(open(fake, { wire, compress: true }))
    const connection = await fake.connection(1)
    fake.append(...goldenLines)
    await until(() => frames.length === goldenLines.length)
    expect(texts(frames)).toEqual(fake.events.map((event) => fake.frame(event, wire)))
    expect(connection.query.get(wire === 'v1' ? 'compress' : 'zstdDictionary')).toBe(
      wire === 'v1' ? 'true' : String(v2Dictionary.id),
    )
    expect(connection.extensions).toBe('')
  })

  test.each<[name: string, message: Buffer]>([
    ['corrupt', Buffer.from('28b52ffd0000', 'hex')],
    ['not compressed', Buffer.from('{"plain":"text"}')],
  ])('a %s message: on in plain text, without loss', async (_name, message) => {
    const fake = await openFake()
    const { frames, until } = collectChunks(open(fake, { compress: true }))
    const connection = await fake.connection(1)
    fake.append(...lines(2))
    connection.sendRaw(message)
    await fake.connection(2)
    fake.append(...lines(1))
    await until(() => frames.length === 3)
    expect(seqs(frames)).toEqual([1, 2, 3])
    expect(fake.requests.map((request) => request.includes('zstdDictionary'))).toEqual([
      true,
      false,
    ])
  })

  test('a message that grows beyond the limit is counted, and only that', async () => {
    const fake = await openFake()
    const source = open(fake, { compress: true, maxMessageBytes: 100_000 })
    const { frames, until } = collectChunks(source)
    ;(await fake.connection(1)).send('x'.repeat(100_001))
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    expect(source.status().skipped).toEqual({ oversize: 1 })
    expect(fake.connections).toHaveLength(1)
  })

  test('a dictionary the host does not know: fetched again once, then plain text', async () => {
    const fake = await openFake()
    fake.refusals.push(xrpcError(400, 'UnknownZstdDictionary', 'current is 7'))
    const { frames, until } = collectChunks(open(fake, { compress: true }))
    await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    expect(fake.requests.map((request) => request.includes('zstdDictionary'))).toEqual([
      true,
      false,
    ])
  })

  test('no dictionary to be had: plain text', async () => {
    const fake = await openFake()
    fake.dictionaryStatus = 500
    const { frames, until } = collectChunks(open(fake, { compress: true }))
    await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length === 1)
  })
})

describe('filters', () => {
  const many = Array.from({ length: 2_000 }, (_, n) => `did:plc:${String(n).padStart(24, 'a')}`)

  test('thousands of accounts go in the first message, on v1', async () => {
    const fake = await openFake()
    const source = open(fake, { dids: many, collections: ['app.bsky.feed.*'] })
    const { frames, until } = collectChunks(source)
    const connection = await fake.connection(1)
    await expect.poll(() => connection.received).toHaveLength(1)
    expect(JSON.parse(connection.received[0] ?? '')).toEqual({
      type: 'options_update',
      payload: { wantedCollections: ['app.bsky.feed.*'], wantedDids: many, maxMessageSizeBytes: 0 },
    })
    expect(connection.query.get('requireHello')).toBe('true')
    fake.append(...lines(1))
    await until(() => frames.length === 1)
  })

  test.each([
    [1008, 'invalid wantedCollections'],
    [1007, ''],
    [1000, 'invalid options'],
  ])('refused with close code %i: the source ends', async (code, reason) => {
    const fake = await openFake()
    const { done } = collectChunks(open(fake, { dids: many }))
    ;(await fake.connection(1)).close(code, reason)
    await expect(done).rejects.toMatchObject({ code: 'SOURCE_REJECTED' })
  })

  test.each([
    ['no host', { urls: [] }],
    ['a host that is none', { urls: ['ftp://x'] }],
    ['too many collections', { collections: range(0, 100).map((n) => `a.b.c${n}`) }],
    ['too many accounts', { dids: range(0, 10_000).map((n) => `did:plc:${n}`) }],
  ])('%s is a mistake in the configuration', (_name, options) => {
    expect(() => open(['localhost'], options)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})

describe('a slow reader', () => {
  const maxQueueBytes = 100_000

  test('is waited for on the same connection while it is only a little slow', async () => {
    const fake = await openFake()
    const source = open(fake, { maxQueueBytes, timings: { pauseMs: 5_000 } })
    const chunks = source.chunks()[Symbol.asyncIterator]()
    const first = chunks.next()
    await fake.connection(1)
    fake.append(...lines(3_000))
    let frames = (await first).value?.frames.length ?? 0
    while (frames < 3_000) frames += (await chunks.next()).value?.frames.length ?? 0
    expect(frames).toBe(3_000)
    expect(fake.connections).toHaveLength(1)
  })

  test('makes it close and come back: bounded memory, nothing lost', async () => {
    const fake = await openFake()
    fake.append(...lines(5_000, second))
    const position = { ...positionAt(fake, 1), host: 'ws://elsewhere' }
    const source = open(fake, {
      position,
      maxQueueBytes,
      // A wait after any of these closes would be seen.
      timings: { pauseMs: 20, backoffFirstMs: 60_000, backoffCapMs: 60_000 },
      random: () => 0.9,
    })
    const numbers: (number | null)[] = []
    let largest = 0
    for await (const { frames } of source.chunks()) {
      largest = Math.max(
        largest,
        frames.reduce((sum, { bytes }) => sum + bytes.length + 256, 0),
      )
      numbers.push(...seqs(frames))
      if (numbers.length >= 5_000) break
      // Slower than the longest pause, a few times: the connection is closed meanwhile.
      if (source.status().reconnects < 7)
        await expect.poll(() => source.status().state).toBe('waiting')
    }
    expect(numbers).toEqual(range(1, 5_000))
    expect(fake.connections.length).toBeGreaterThanOrEqual(8)
    expect(largest).toBeLessThan(maxQueueBytes + 2 * 65_536)
  })
})

describe('stopping', () => {
  test('closes the connection and ends the stream', async () => {
    const fake = await openFake()
    const stop = new AbortController()
    const source = open(fake, { signal: stop.signal })
    const { frames, until, done } = collectChunks(source)
    const closed = (await fake.connection(1)).closed()
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    stop.abort()
    await done
    expect((await closed).code).toBe(1000)
    expect(source.status().state).toBe('ended')
  })

  test('does not wait for the end of a back-off', async () => {
    const fake = await openFake()
    fake.refusals.push({ status: 429, headers: { 'retry-after': '60' } })
    const stop = new AbortController()
    const source = open(fake, { signal: stop.signal })
    const { done } = collectChunks(source)
    await expect.poll(() => source.status().state).toBe('waiting')
    stop.abort()
    await done
    expect(fake.requests).toHaveLength(1)
  })

  test('does not wait for a half-open host longer than for its half of the close', async () => {
    const fake = await openFake()
    const stop = new AbortController()
    const { frames, until, done } = collectChunks(open(fake, { signal: stop.signal }))
    const connection = await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    connection.freeze()
    stop.abort()
    await done
  })

  test('leaving the loop closes the connection too', async () => {
    const fake = await openFake()
    const source = open(fake)
    const read = (async () => {
      for await (const _chunk of source.chunks()) break
    })()
    const connection = await fake.connection(1)
    const closed = connection.closed()
    fake.append(...lines(1))
    await read
    expect((await closed).code).toBe(1000)
  })
})
