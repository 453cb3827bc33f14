import { describe, expect, test } from 'vitest'
import type { Gap, Position, Wire } from '../../src/event/frame.ts'
import { collectChunks } from '../support/collect-chunks.ts'
import { errorFrame, eventLine, type FakeJetstream, xrpcError } from '../support/fake-jetstream.ts'
import {
  cursorOf,
  lines,
  nowUs,
  open,
  openFake,
  positionAt,
  range,
  readAll,
  second,
  seqs,
  texts,
  v2Path,
} from '../support/jetstream-reading.ts'

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
    expect(gaps).toEqual([clampedUpTo(4, fake, position)])
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
      expect(gaps).toEqual([clampedUpTo(4, fake, position)])
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

/** The gap of a host that goes on with event `n` instead of the position that was asked for. */
function clampedUpTo(n: number, fake: FakeJetstream, position: Position): Gap {
  return {
    host: fake.url,
    fromUs: position.timeUs,
    toUs: positionAt(fake, n).timeUs,
    reason: 'cursor-clamped',
  }
}
