import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Frame, Position, Wire } from '../../src/event/frame.ts'
import { type JetstreamOptions, openJetstream } from '../../src/source/jetstream/jetstream.ts'
import type { Source } from '../../src/source/source.ts'
import { type Collected, collectChunks } from '../support/collect-chunks.ts'
import {
  errorFrame,
  eventLine,
  type FakeJetstream,
  type FakeOptions,
  goldenLines,
  openFakeJetstream,
  v2Dictionary,
  xrpcError,
} from '../support/fake-jetstream.ts'

const second = 1_000_000
const v2Path = '/xrpc/network.bsky.jetstream.subscribeEvents'

async function openFake(options: FakeOptions = {}): Promise<FakeJetstream> {
  const fake = await openFakeJetstream(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  return fake
}

/** A source on these hosts with waits short enough for tests. It is stopped when the test ends. */
function open(
  hosts: FakeJetstream | readonly string[],
  options: Partial<JetstreamOptions> = {},
): Source {
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  return openJetstream({
    urls: 'url' in hosts ? [hosts.url] : hosts,
    wire: 'auto',
    collections: [],
    dids: [],
    compress: false,
    position: null,
    signal: stop.signal,
    logger: pino({ level: 'silent' }),
    ...options,
    timings: { backoffFirstMs: 1, backoffCapMs: 5, closeMs: 200, ...options.timings },
  })
}

function nowUs(): number {
  return Date.now() * 1000
}

/** `count` events, 1 ms apart, the last one `agoUs` before now. */
function lines(count: number, agoUs = 0, from = 0): string[] {
  const firstUs = nowUs() - agoUs - count * 1000
  return Array.from({ length: count }, (_, n) => eventLine(from + n, firstUs + n * 1000))
}

function seqs(frames: readonly Frame[]): (number | null)[] {
  return frames.map(({ position }) => position.seq)
}

function texts(frames: readonly Frame[]): string[] {
  return frames.map(({ bytes }) => bytes.toString('utf8'))
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}

function cursorOf(request: string | undefined): number {
  return Number(new URL(request ?? '', 'http://fake').searchParams.get('cursor'))
}

function positionAt(fake: FakeJetstream, seq: number, wire: Wire = 'v2'): Position {
  const event = fake.events.find((event) => event.seq === seq)
  if (!event) throw new RangeError(`no event ${seq}`)
  return { host: fake.url, wire, seq, timeUs: event.timeUs, epoch: 0 }
}

/** Reads from the oldest event on. */
function readAll(fake: FakeJetstream, options: Partial<JetstreamOptions> = {}): Collected {
  const legacy = fake.kind === 'legacy'
  const oldest = { ...positionAt(fake, 1, legacy ? 'v1' : 'v2'), ...(legacy ? { seq: null } : {}) }
  // One step before the oldest, so that it is not a repeat.
  const position = { ...oldest, host: 'ws://elsewhere' }
  return collectChunks(open(fake, { position, ...options }))
}

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

describe('resuming', () => {
  test.each<[kind: 'v2' | 'legacy', wire: Wire]>([
    ['v2', 'v2'],
    ['v2', 'v1'],
    ['legacy', 'v1'],
  ])('loses nothing and repeats nothing over many cuts (%s host, %s)', async (kind, wire) => {
    const fake = await openFake({ kind })
    fake.append(...lines(200, 2 * second))
    const { frames, until } = readAll(fake, { wire })
    for (let cut = 1; cut <= 10; cut++) {
      const connection = await fake.connection(cut)
      await until(() => frames.length >= 200 + (cut - 1) * 20)
      fake.append(...lines(10, 0, 200 + cut * 20))
      connection.cut()
      fake.append(...lines(10, 0, 210 + cut * 20))
    }
    await until(() => frames.length >= 400)
    expect(texts(frames)).toEqual(fake.events.map((event) => fake.frame(event, wire)))
  })

  test.each([1000, 1001, 1007, 1008, 1009, 4000])('goes on after close code %i', async (code) => {
    const fake = await openFake()
    const { frames, until } = collectChunks(open(fake))
    const connection = await fake.connection(1)
    fake.append(...lines(2))
    await until(() => frames.length === 2)
    connection.close(code, 'as told')
    fake.append(...lines(1))
    await until(() => frames.length === 3)
    expect(seqs(frames)).toEqual([1, 2, 3])
  })

  test('goes on after an error frame', async () => {
    const fake = await openFake()
    const { frames, until } = collectChunks(open(fake))
    const connection = await fake.connection(1)
    fake.append(...lines(2))
    connection.send(errorFrame('ConsumerTooSlow'))
    connection.cut()
    await fake.connection(2)
    fake.append(...lines(1))
    await until(() => frames.length === 3)
    expect(cursorOf(fake.requests[1])).toBe(2)
  })

  test('a stored position continues right behind it', async () => {
    const fake = await openFake()
    fake.append(...lines(10))
    const { frames, until } = collectChunks(open(fake, { position: positionAt(fake, 4) }))
    await until(() => frames.length === 6)
    expect(seqs(frames)).toEqual(range(5, 10))
  })

  test('a stored position’s host comes first, wherever it is in the list', async () => {
    const [first, stored] = [await openFake(), await openFake()]
    stored.append(...lines(3))
    const position = positionAt(stored, 1)
    const { frames, until } = collectChunks(open([first.url, stored.url], { position }))
    await until(() => frames.length === 2)
    expect(first.requests).toEqual([])
  })

  test('what cannot be read before the first event stands at the stored position', async () => {
    const fake = await openFake()
    fake.append(...lines(3))
    const position = { ...positionAt(fake, 1), host: 'ws://elsewhere' }
    fake.replays = false
    const source = open(fake, { position })
    const { frames, until } = collectChunks(source)
    ;(await fake.connection(1)).send('junk')
    await until(() => frames.length === 1)
    expect(frames[0]?.position).toEqual(position)
    expect(source.status().state).toBe('connecting')
  })

  test('another host is asked by time, some seconds earlier', async () => {
    const [first, next] = [await openFake(), await openFake({ kind: 'legacy' })]
    const { frames, until } = collectChunks(open([first.url, next.url]))
    await first.connection(1)
    const { timeUs } = first.append(...lines(3))
    next.append(...lines(3, 5 * second), ...first.events.map(({ line }) => line))
    await until(() => frames.length === 3)
    await first[Symbol.asyncDispose]()
    await until(() => frames.length === 3 + 6)
    expect(cursorOf(next.requests.at(-1))).toBe(timeUs - 10 * second)
    expect(frames.at(-1)?.position).toMatchObject({ host: next.url, wire: 'v1', seq: null, timeUs })
  })

  test('a position with a time in the future does not skip everything until then', async () => {
    const fake = await openFake()
    fake.append(...lines(5))
    const position = { ...positionAt(fake, 5), host: 'ws://other', timeUs: nowUs() + 3600 * second }
    const { frames, until } = collectChunks(open(fake, { position }))
    await until(() => frames.length === 5)
  })

  test('few accounts: a connection lost before its first event misses nothing', async () => {
    const fake = await openFake()
    const { frames, until } = collectChunks(open(fake, { dids: ['did:plc:x'] }))
    const connection = await fake.connection(1)
    fake.replays = false
    connection.ping()
    connection.cut()
    fake.append(...lines(1))
    fake.replays = true
    await until(() => frames.length === 1)
    expect(cursorOf(fake.requests.at(-1))).toBeGreaterThan(nowUs() - 60 * second)
  })
})

describe('what a host no longer has', () => {
  test('CursorTooOld: a gap from the stored time to the oldest event, then on from there', async () => {
    const fake = await openFake()
    fake.append(...lines(3, 300 * second), ...lines(5, 0))
    const position = positionAt(fake, 2)
    fake.floorSeq = 4
    const { frames, gaps, until } = collectChunks(open(fake, { position }))
    await until(() => frames.length === 5)
    expect(seqs(frames)).toEqual(range(4, 8))
    expect(gaps).toEqual([
      {
        host: fake.url,
        fromUs: position.timeUs,
        toUs: positionAt(fake, 4).timeUs,
        reason: 'cursor-too-old',
      },
    ])
    fake.cutAll()
    await fake.connection(2)
    fake.append(...lines(1))
    await until(() => frames.length === 6)
    expect(fake.requests.map(cursorOf)).toEqual([2, 4, 8])
    expect(gaps).toHaveLength(1)
  })

  test('CursorTooOld without a floor: asked by time', async () => {
    const fake = await openFake()
    fake.append(...lines(3, 300 * second), ...lines(5, 0))
    const position = positionAt(fake, 2)
    fake.floorSeq = 4
    fake.refusals.push(xrpcError(400, 'CursorTooOld', 'no longer here'))
    const { frames, gaps, until } = collectChunks(open(fake, { position }))
    await until(() => frames.length === 5)
    expect(cursorOf(fake.requests[1])).toBe(position.timeUs - 10 * second)
    expect(gaps).toMatchObject([{ fromUs: position.timeUs, reason: 'cursor-too-old' }])
  })

  test('CursorTooOld for ever: on from the live tip, with the gap', async () => {
    const fake = await openFake()
    fake.append(...lines(3))
    const position = positionAt(fake, 2)
    const refusal = xrpcError(400, 'CursorTooOld', 'cursor below lookback floor 3')
    fake.refusals.push(refusal, refusal, refusal, refusal, refusal)
    const { frames, gaps, until } = collectChunks(open(fake, { position }))
    await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length === 1)
    expect(fake.requests.at(-1)).toBe(v2Path)
    expect(gaps).toMatchObject([
      { fromUs: position.timeUs, toUs: fake.last.timeUs, reason: 'cursor-too-old' },
    ])
  })

  test('OutdatedCursor: a time cursor that v2 moved is a gap', async () => {
    const fake = await openFake()
    fake.append(...lines(3, 30 * second), ...lines(5, 0))
    const position = { ...positionAt(fake, 2), host: 'ws://elsewhere' }
    fake.floorSeq = 4
    const source = open(fake, { position })
    const { frames, gaps, until } = collectChunks(source)
    await until(() => frames.length === 5)
    expect(gaps).toEqual([
      {
        host: fake.url,
        fromUs: position.timeUs,
        toUs: positionAt(fake, 4).timeUs,
        reason: 'cursor-clamped',
      },
    ])
    expect(source.status().skipped).toEqual({ notice: 1 })
  })

  test.each<['v2' | 'legacy']>([['v2'], ['legacy']])(
    'v1 moves it without a word: seen from the first event (%s host)',
    async (kind) => {
      const fake = await openFake({ kind })
      fake.append(...lines(3, 300 * second), ...lines(5, 0))
      const stored = positionAt(fake, 2, 'v1')
      const position = kind === 'legacy' ? { ...stored, seq: null } : stored
      fake.floorSeq = 4
      const { frames, gaps, until } = collectChunks(open(fake, { wire: 'v1', position }))
      await until(() => frames.length === 5)
      expect(gaps).toEqual([
        {
          host: fake.url,
          fromUs: position.timeUs,
          toUs: positionAt(fake, 4).timeUs,
          reason: 'cursor-clamped',
        },
      ])
    },
  )

  test('a host that starts earlier than asked only repeats', async () => {
    const fake = await openFake()
    fake.append(...lines(5, 900 * second), ...lines(5, 0))
    fake.activeSegmentSeq = 2
    const position = { ...positionAt(fake, 8), host: 'ws://elsewhere' }
    const { frames, gaps, until } = collectChunks(open(fake, { position }))
    await until(() => frames.length === 9)
    expect(seqs(frames)).toEqual(range(2, 10))
    expect(gaps).toEqual([])
  })
})

describe('a host that was rebuilt', () => {
  test('counts anew: a new epoch, asked by time, and nothing is swallowed', async () => {
    const fake = await openFake()
    const { frames, gaps, until } = collectChunks(open(fake))
    await fake.connection(1)
    fake.append(...lines(50, 200 * second))
    await until(() => frames.length === 50)
    const before = frames.at(-1)?.position
    fake.rebuild()
    await fake.connection(2)
    fake.append(...lines(3, 0, 50))
    await until(() => frames.length === 53)
    expect(seqs(frames).slice(50)).toEqual([1, 2, 3])
    expect(frames.slice(50).map(({ position }) => position.epoch)).toEqual([1, 1, 1])
    expect(cursorOf(fake.requests[2])).toBe((before?.timeUs ?? 0) - 10 * second)
    expect(gaps).toMatchObject([
      { fromUs: before?.timeUs, toUs: fake.events[0]?.timeUs, reason: 'host-reset' },
    ])
  })

  test('has already passed the number: told by its time', async () => {
    const fake = await openFake()
    fake.append(...lines(20))
    const position = { ...positionAt(fake, 10), timeUs: nowUs() - 7200 * second, epoch: 3 }
    const { frames, gaps, until } = collectChunks(open(fake, { position }))
    await until(() => frames.length === 20)
    expect(seqs(frames)).toEqual(range(1, 20))
    expect(frames[0]?.position.epoch).toBe(4)
    expect(gaps).toMatchObject([{ fromUs: position.timeUs, reason: 'host-reset' }])
  })

  test('crashed, and gives the numbers it lost to other events: none of them is taken for a repeat', async () => {
    const fake = await openFake()
    const { frames, gaps, until } = collectChunks(open(fake))
    await fake.connection(1)
    fake.append(...lines(20, 5 * second))
    await until(() => frames.length === 20)
    const lost = fake.events.slice(10).map(({ line }) => line)
    fake.replays = false
    fake.crash(10)
    // It takes in again what it lost, in another order, and one event that nobody has seen comes between.
    const unseen = eventLine(1000, nowUs())
    const again = [unseen, ...lost.toReversed()].map((line) => {
      return JSON.stringify({ ...JSON.parse(line), time_us: nowUs() })
    })
    fake.append(...again)
    fake.replays = true
    await until(() => texts(frames).some((text) => text.includes('3mmooj2221000')))
    expect(frames.at(-1)?.position.epoch).toBe(1)
    expect(gaps).toEqual([])
  })

  test('is a legacy host now: asked by time', async () => {
    const fake = await openFake({ kind: 'legacy' })
    fake.append(...lines(5))
    const position = positionAt(fake, 3, 'v1')
    const { frames, until } = collectChunks(open(fake, { position, wire: 'v1' }))
    await fake.connection(1)
    fake.append(...lines(1))
    await until(() => frames.length >= 6)
    expect(new Set(texts(frames)).size).toBe(6)
    expect(frames.at(-1)?.position).toMatchObject({ seq: null, epoch: 1 })
  })
})

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
