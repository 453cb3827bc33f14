/** The live source against the real server. Left out where Go cannot build it; the list of skipped tests says so. */
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Frame, Position, Wire } from '../../src/event/frame.ts'
import { readPlace } from '../../src/event/position.ts'
import type { JetstreamOptions } from '../../src/source/jetstream/jetstream.ts'
import { readJetstreamUrl, subscribeUrl } from '../../src/source/jetstream/jetstream-url.ts'
import type { Source } from '../../src/source/source.ts'
import { collectChunks } from '../support/collect-chunks.ts'
import { open as openSource } from '../support/jetstream-reading.ts'
import {
  jetstreamUnavailable,
  openRealNetwork,
  type RealJetstream,
  type RealNetwork,
} from '../support/real-jetstream.ts'

const wires: readonly Wire[] = ['v1', 'v2']
let network: RealNetwork
const unavailable = jetstreamUnavailable()

beforeAll(async () => {
  if (!unavailable) network = await openRealNetwork({ accounts: 200, commitsPerSecond: 100 })
}, 300_000)
afterAll(async () => {
  if (!unavailable) await network[Symbol.asyncDispose]()
})
beforeEach((context) => {
  context.skip(unavailable !== null, unavailable ?? undefined)
})

function open(server: RealJetstream, wire: Wire, options: Partial<JetstreamOptions> = {}): Source {
  const timings = { backoffFirstMs: 20, backoffCapMs: 200, ...options.timings }
  return openSource([server.url], { ...options, wire, timings })
}

/** Reads a wire with nothing but a WebSocket: from one number (null: the live tip) until another has passed. */
async function readPlainly(
  server: RealJetstream,
  wire: Wire,
  fromSeq: number | null,
  toSeq: number,
): Promise<string[]> {
  const all = { collections: [], dids: [], dictionaryId: null, maxMessageBytes: null, hello: false }
  const url = subscribeUrl(readJetstreamUrl(server.url), { wire, cursor: fromSeq, ...all })
  const ws = new WebSocket(url, { perMessageDeflate: false })
  const lines: string[] = []
  ws.on('message', (data) => {
    const bytes = data as Buffer
    const seq = readPlace(bytes, wire)?.seq ?? 0
    if (seq <= toSeq || lines.length === 0) lines.push(bytes.toString('utf8'))
    if (seq >= toSeq) ws.terminate()
  })
  await once(ws, 'close')
  return lines
}

function texts(frames: readonly Frame[]): string[] {
  return frames.map(({ bytes }) => bytes.toString('utf8'))
}

function lastPosition(frames: readonly Frame[]): Position {
  const frame = frames.at(-1)
  if (!frame) throw new RangeError('no frame yet')
  return frame.position
}

function seqOf({ seq }: Position): number {
  if (seq === null) throw new RangeError('a numbered host gives every frame a number')
  return seq
}

/** What makes an event the same one under another number: the operation on a record, or the relay's own number. */
function eventKey(text: string): string {
  const frame = JSON.parse(text)
  const event = frame.payload ?? frame
  const { rev, collection, rkey, operation } = event.commit ?? event
  const kind = event.kind ?? event.$type.split('#')[1]
  return [event.did, kind, rev ?? event[kind].seq, collection, rkey, operation].join(' ')
}

describe('through restarts', () => {
  let server: RealJetstream

  beforeAll(async () => {
    if (!unavailable) server = await network.openServer()
  })

  test('and a resume from a stored position: what a plain reading gives, once each', async () => {
    const first = wires.map((wire) => {
      const stop = new AbortController()
      const collected = collectChunks(open(server, wire, { signal: stop.signal }))
      return { wire, stop, ...collected }
    })
    for (let restart = 0; restart < 2; restart++) {
      const wanted = first.map(({ frames }) => frames.length + 150)
      await Promise.all(
        first.map(({ until, frames }, n) => until(() => frames.length >= (wanted[n] ?? 0))),
      )
      await server.stop()
      await server.start()
    }
    const before = first.map(({ frames }) => frames.length)
    await Promise.all(
      first.map(({ until, frames }, n) => until(() => frames.length > (before[n] ?? 0) + 50)),
    )
    for (const { wire, stop, frames, gaps, done } of first) {
      stop.abort()
      await done
      const position = lastPosition(frames)
      const second = collectChunks(open(server, wire, { position }))
      await second.until(() => second.frames.length >= 100)
      const received = [...frames, ...second.frames]
      const [from, to] = [frames[0]?.position ?? position, lastPosition(received)]
      const plain = await readPlainly(server, wire, seqOf(from), seqOf(to))
      expect(texts(received)).toEqual(plain)
      expect(received.every(({ position: { epoch } }) => epoch === 0)).toBe(true)
      expect([...gaps, ...second.gaps]).toEqual([])
    }
  })

  test('after a kill, numbers given again are no repeats: every event comes', async () => {
    const readers = wires.map((wire) => ({ wire, ...collectChunks(open(server, wire)) }))
    await Promise.all(readers.map(({ until, frames }) => until(() => frames.length >= 100)))
    for (let kill = 0; kill < 2; kill++) {
      await server.kill()
      await server.start()
      const throughUs = (Date.now() + 1_000) * 1000
      await Promise.all(
        readers.map(({ until, frames }) => until(() => lastPosition(frames).timeUs >= throughUs)),
      )
    }
    for (const { wire, frames, until, gaps } of readers) {
      const startUs = frames[0]?.position.timeUs ?? 0
      const end = lastPosition(frames)
      const plain = await readPlainly(server, wire, 1, seqOf(end))
      await until(() => seqOf(lastPosition(frames)) >= seqOf(end))
      const since = plain.filter(
        (text) => (readPlace(Buffer.from(text), wire)?.timeUs ?? 0) >= startUs,
      )
      const received = new Set(texts(frames).map(eventKey))
      expect(since.filter((text) => !received.has(eventKey(text)))).toEqual([])
      expect(since.length).toBeGreaterThan(200)
      expect(end.epoch).toBeGreaterThan(0)
      for (const epoch of new Set(frames.map(({ position }) => position.epoch))) {
        const seqs = frames
          .filter(({ position }) => position.epoch === epoch)
          .map(({ position }) => seqOf(position))
        expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
      }
      expect(gaps).toEqual([])
    }
  })

  test('with an empty data folder: a new epoch from its first event on, and the gap is told', async () => {
    const { frames, gaps, until } = collectChunks(open(server, 'v2'))
    await until(() => frames.length >= 20)
    await server.stop()
    const count = frames.length
    const { timeUs } = lastPosition(frames)
    await server.wipe()
    await server.start()
    await until(() => frames.length >= count + 700)
    const rebuilt = frames.slice(count)
    expect(rebuilt.every(({ position }) => position.epoch === 1)).toBe(true)
    expect(texts(rebuilt)).toEqual(await readPlainly(server, 'v2', 1, seqOf(lastPosition(rebuilt))))
    const toUs = rebuilt[0]?.position.timeUs
    expect(gaps).toEqual([{ host: server.url, fromUs: timeUs, toUs, reason: 'host-reset' }])
  })
})

describe('a server that forgets quickly', () => {
  test.each(wires)(
    'a cursor that became too old (%s): the gap is told, and reading goes on',
    async (wire) => {
      const server = await network.openServer(
        '--cursor-lookback',
        '3s',
        '--compaction-interval',
        '2s',
      )
      const stop = new AbortController()
      const first = collectChunks(open(server, wire, { signal: stop.signal }))
      await first.until(() => first.frames.length >= 20)
      stop.abort()
      await first.done
      const position = lastPosition(first.frames)
      await expect
        .poll(() => readPlainly(server, 'v2', seqOf(position), seqOf(position)).catch(String), {
          timeout: 30_000,
          interval: 250,
        })
        .toContain('Unexpected server response: 400')

      const tolerances = { lateUs: 1_000_000 }
      const second = collectChunks(open(server, wire, { position, tolerances }))
      await second.until(() => second.frames.length >= 100)
      const toUs = second.frames[0]?.position.timeUs
      const reason = wire === 'v2' ? 'cursor-too-old' : 'cursor-clamped'
      expect(second.gaps).toEqual([{ host: server.url, fromUs: position.timeUs, toUs, reason }])

      const from = second.frames.length - 1
      await second.until(() => second.frames.length >= from + 100)
      const tail = second.frames.slice(from)
      const [fromSeq, toSeq] = [tail.slice(0, 1), tail].map((frames) => seqOf(lastPosition(frames)))
      const plain = await readPlainly(server, wire, fromSeq ?? 0, toSeq ?? 0)
      expect(texts(tail)).toEqual(plain)
    },
  )
})

describe('on a server that runs', () => {
  let server: RealJetstream
  let plain: Readonly<Record<Wire, string[]>>
  let start: (wire: Wire) => Position

  beforeAll(async () => {
    if (unavailable) return
    server = await network.openServer()
    const [first] = await readPlainly(server, 'v2', null, 1)
    const toSeq = readPlace(Buffer.from(first ?? ''), 'v2')?.seq ?? 0
    plain = {
      v1: await readPlainly(server, 'v1', 1, toSeq),
      v2: await readPlainly(server, 'v2', 1, toSeq),
    }
    start = (wire) => {
      const place = readPlace(Buffer.from(plain[wire][0] ?? ''), wire)
      return { host: server.url, wire, seq: place?.seq ?? 0, timeUs: place?.timeUs ?? 0, epoch: 0 }
    }
  })

  test.each(wires)('compressed messages are the plain ones (%s)', async (wire) => {
    const source = open(server, wire, { compress: true, position: start(wire) })
    const { frames, until } = collectChunks(source)
    const expected = plain[wire].slice(1)
    await until(() => frames.length >= expected.length)
    expect(texts(frames).slice(0, expected.length)).toEqual(expected)
    expect(source.status().skipped).toEqual({ repeat: 1 })
  })

  test.each(wires)('a slow reader gets everything, from several connections (%s)', async (wire) => {
    const stop = new AbortController()
    const options = { position: start(wire), maxQueueBytes: 100_000, timings: { pauseMs: 30 } }
    const source = open(server, wire, { ...options, signal: stop.signal })
    const expected = plain[wire].slice(1)
    const frames: Frame[] = []
    for await (const chunk of source.chunks()) {
      frames.push(...chunk.frames)
      if (frames.length >= expected.length) break
      if (source.status().reconnects < 2) {
        await expect.poll(() => source.status().state, { timeout: 5_000 }).toBe('waiting')
      }
    }
    expect(texts(frames).slice(0, expected.length)).toEqual(expected)
    expect(source.status().reconnects).toBeGreaterThanOrEqual(2)
  })

  test('auto finds v2', async () => {
    const source = openSource([server.url], {
      collections: ['app.bsky.feed.*'],
      position: start('v2'),
      signal: AbortSignal.timeout(20_000),
    })
    const { frames, until } = collectChunks(source)
    await until(() => frames.length >= 100)
    expect(frames[0]?.position.wire).toBe('v2')
  })

  test('thousands of accounts are taken in the first message', async () => {
    const known = JSON.parse(plain.v1[0] ?? '').did
    const unknown = Array.from(
      { length: 2_000 },
      (_, n) =>
        `did:plc:${'abcdefgh'.charAt(n % 8)}${String(n)
          .replaceAll(/\d/g, (d) => 'abcdefghij'.charAt(Number(d)))
          .padStart(23, 'z')}`,
    )
    const source = open(server, 'v1', { dids: [known, ...unknown], position: start('v1') })
    const { frames, until } = collectChunks(source)
    const expected = plain.v1.slice(1).filter((text) => JSON.parse(text).did === known)
    await until(() => frames.length >= expected.length)
    expect(texts(frames).slice(0, expected.length)).toEqual(expected)
  })

  test('filters that are none end the source with the server’s words', async () => {
    const { done } = collectChunks(open(server, 'v2', { collections: ['app.bsky.fo*'] }))
    await expect(done).rejects.toMatchObject({
      code: 'SOURCE_REJECTED',
      message: expect.stringContaining('app.bsky.fo*'),
    })
    const { done: onV1 } = collectChunks(open(server, 'v1', { dids: ['nobody'] }))
    await expect(onV1).rejects.toMatchObject({ code: 'SOURCE_REJECTED' })
  })
})
