/** The archive of the real Jetstream server. Left out where Go cannot build it; the list of skipped tests says so. */
import { once } from 'node:events'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { decodeFrame } from '../../src/event/decode.ts'
import type { CommitEvent, NetworkEvent } from '../../src/event/event.ts'
import type { Frame } from '../../src/event/frame.ts'
import { readPlace } from '../../src/event/position.ts'
import {
  type ArchiveOptions,
  type ArchiveSource,
  openArchiveSource,
} from '../../src/source/archive/archive.ts'
import { openJetstream } from '../../src/source/jetstream/jetstream.ts'
import { collectChunks } from '../support/collect-chunks.ts'
import {
  jetstreamUnavailable,
  openRealNetwork,
  type RealJetstream,
  type RealNetwork,
} from '../support/real-jetstream.ts'

const unavailable = jetstreamUnavailable()
let network: RealNetwork

beforeAll(async () => {
  if (!unavailable)
    network = await openRealNetwork({ accounts: 80, commitsPerSecond: 100, recordsPerAccount: 200 })
}, 300_000)
afterAll(async () => {
  if (!unavailable) await network[Symbol.asyncDispose]()
})
beforeEach((context) => {
  context.skip(unavailable !== null, unavailable ?? undefined)
})

const everything = { fromUs: 0, toUs: null, position: null } as const

function open(server: RealJetstream, options: Partial<ArchiveOptions> = {}): ArchiveSource {
  const signal = AbortSignal.timeout(60_000)
  return openArchiveSource({ host: server.url, ...everything, signal, ...options })
}

async function readAll(source: ArchiveSource): Promise<Frame[]> {
  const { frames, done } = collectChunks(source)
  await done
  return frames
}

/** What the socket sends from the first number on, by number, as it is sent. */
function listen(server: RealJetstream) {
  const url = `${server.url}/xrpc/network.bsky.jetstream.subscribeEvents?cursor=1`
  const ws = new WebSocket(url, { perMessageDeflate: false })
  const heard = new Map<number, string>()
  let lastUs = 0
  ws.on('message', (data) => {
    const bytes = data as Buffer
    const { seq = null, timeUs = null } = readPlace(bytes, 'v2') ?? {}
    if (seq !== null) heard.set(seq, bytes.toString())
    lastUs = timeUs ?? lastUs
  })
  return {
    heard,
    /** Resolves when it has heard what happens from now on. */
    async catchUp() {
      const nowUs = Date.now() * 1_000
      await expect.poll(() => lastUs, { timeout: 30_000 }).toBeGreaterThan(nowUs)
    },
    async close() {
      ws.terminate()
      await once(ws, 'close')
    },
  }
}

/** Asks the archive itself. */
async function ask<T>(server: RealJetstream, method: string, body?: object): Promise<T> {
  const url = `${server.url.replace('ws', 'http')}/xrpc/network.bsky.jetstream.${method}`
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(
    url,
    body ? { method: 'POST', headers, body: JSON.stringify(body) } : {},
  )
  return (await response.json()) as T
}

interface Listed {
  readonly segments: readonly { readonly maxSeq: number }[]
}
interface Planned {
  readonly plannedThroughSeq: number
  readonly sealedTipSeq: number
  readonly segments: readonly { readonly mode: string; readonly blocks?: readonly object[] }[]
}

const texts = (frames: readonly Frame[]) => frames.map(({ bytes }) => bytes.toString())
const seqs = (frames: readonly Frame[]) => frames.map(({ position }) => position.seq ?? 0)

function decode(text: string): NetworkEvent {
  const event = decodeFrame(Buffer.from(text), (Date.now() + 60_000) * 1_000)
  if (event.kind === 'rejected') throw new TypeError(`${event.reason}: ${text}`)
  return event
}

function pathOf({ did, collection, rkey }: CommitEvent): string {
  return `${did}/${collection}/${rkey}`
}

describe('a server that seals and compacts every few seconds', () => {
  let server: RealJetstream
  let socket: ReturnType<typeof listen>

  beforeAll(async () => {
    if (unavailable) return
    server = await network.openServer('--compaction-interval', '3s')
    socket = listen(server)
    const sealed = async () => {
      const { segments } = await ask<Listed>(server, 'listSegments')
      expect(segments.length).toBeGreaterThan(3)
    }
    await vi.waitFor(sealed, { timeout: 60_000, interval: 250 })
  })
  afterAll(async () => {
    if (!unavailable) await socket.close()
  })

  test('its archive gives what its socket sends, byte for byte, but for what later rows supersede', async () => {
    const source = open(server)
    const frames = await readAll(source)
    await socket.catchUp()
    const { heard } = socket
    expect(frames.length).toBeGreaterThan(10_000)
    expect(texts(frames)).toEqual(seqs(frames).map((seq) => heard.get(seq)))
    expect(seqs(frames)).toEqual(seqs(frames).toSorted((a, b) => a - b))
    expect(source.status().skipped).toEqual({})

    const throughSeq = source.reach()?.throughSeq ?? 0
    const last = new Map<string, number>()
    for (const [seq, text] of heard) {
      const event = decode(text)
      if (event.kind === 'commit') last.set(pathOf(event), seq)
    }
    const given = new Set(seqs(frames))
    const missing = [...heard].filter(([seq]) => seq <= throughSeq && !given.has(seq))
    expect(missing.length).toBeGreaterThan(0)
    for (const [seq, text] of missing) {
      const event = decode(text)
      if (event.kind !== 'commit') throw new TypeError(`missing: ${text}`)
      expect(event.operation).not.toBe('delete')
      expect(last.get(pathOf(event))).toBeGreaterThan(seq)
    }
  })

  test('the socket goes on where the archive ends', async () => {
    const source = open(server)
    const frames = await readAll(source)
    const { sealedTip, throughUs } = source.reach() ?? {}
    const [seq, timeUs] = [sealedTip?.seq ?? 0, throughUs ?? 0]
    expect(seqs(frames).at(-1)).toBeLessThanOrEqual(seq)
    const live = openJetstream({
      urls: [server.url],
      wire: 'v2',
      collections: [],
      dids: [],
      compress: false,
      position: { host: server.url, wire: 'v2', seq, timeUs, epoch: 0 },
      signal: AbortSignal.timeout(30_000),
      logger: pino({ level: 'silent' }),
    })
    const { frames: coming, gaps, until } = collectChunks(live)
    await until(() => coming.length >= 100)
    // Of now: what comes while the other socket catches up may be ahead of it.
    const younger = [...coming]
    await socket.catchUp()
    expect(gaps).toEqual([])
    // Compaction may have dropped some of the rows that the other socket heard when they were new.
    expect(texts(younger)).toEqual(seqs(younger).map((n) => socket.heard.get(n)))
    expect(younger[0]?.position.seq).toBeLessThan(seq + 20)
  })

  test('while it rewrites its files, the archive is read again and again without an error', async () => {
    const tips = new Set<number>()
    while (tips.size < 3) {
      const source = open(server)
      const frames = await readAll(source)
      expect(new Set(seqs(frames)).size).toBe(frames.length)
      tips.add(source.reach()?.throughSeq ?? 0)
    }
  })
})

describe.each([
  ['whole segments', ['--plan-whole-segment-threshold', '0.0001'], 'segment', 1],
  ['single blocks', ['--plan-whole-segment-threshold', '1'], 'blocks', 1],
  [
    'single blocks, a page for each',
    ['--plan-whole-segment-threshold', '1', '--plan-max-entries', '1'],
    'blocks',
    2,
  ],
] as const)('an archive that is planned in %s', (_name, flags, mode, pages) => {
  let server: RealJetstream
  let all: Frame[]

  beforeAll(async () => {
    if (unavailable) return
    // Sealed once, when it has fetched every repository, and never again.
    server = await network.openServer('--compaction-interval', '0', ...flags)
    all = await readAll(open(server))
    expect(all.length).toBeGreaterThan(10_000)
  })

  /** An account in the first block and one in the last, so that what is between need not be fetched. */
  function farApart(): string[] {
    return [all.at(0), all.at(-1)].flatMap((frame) =>
      frame ? [decode(frame.bytes.toString()).did] : [],
    )
  }

  test('of some accounts: their rows and no others', async () => {
    const dids = farApart()
    const plan = await ask<Planned>(server, 'planSnapshot', { dids })
    expect(plan.segments.map((segment) => segment.mode)).toContain(mode)
    expect(plan.plannedThroughSeq < plan.sealedTipSeq).toBe(pages > 1)
    const expected = texts(all).filter((text) => dids.includes(decode(text).did))
    expect(texts(await readAll(open(server, { dids })))).toEqual(expected)
    expect(expected.length).toBeGreaterThan(200)
  })

  test('of some collections: their records, and what becomes of accounts', async () => {
    const collections = ['app.bsky.feed.*', 'app.bsky.actor.profile']
    const expected = texts(all).filter((text) => {
      const event = decode(text)
      if (event.kind !== 'commit') return true
      return event.collection.startsWith('app.bsky.feed.') || collections.includes(event.collection)
    })
    expect(texts(await readAll(open(server, { collections })))).toEqual(expected)
    expect(expected.length).toBeLessThan(all.length)
  })

  test('of a stretch of time: from its beginning to before its end', async () => {
    const times = [...new Set(all.map(({ position }) => position.timeUs))].sort((a, b) => a - b)
    const [fromUs = 0, toUs = 0] = [0.3, 0.7].map((part) => times[Math.floor(times.length * part)])
    const expected = all.filter(({ position: { timeUs } }) => timeUs >= fromUs && timeUs < toUs)
    expect(texts(await readAll(open(server, { fromUs, toUs })))).toEqual(texts(expected))
    expect(expected.length).toBeGreaterThan(0)
    expect(expected.length).toBeLessThan(all.length)
  })

  test('stopped anywhere it goes on behind the last row that was stored', async () => {
    const dids = farApart()
    const whole = await readAll(open(server, { dids }))
    for (const part of [0, 0.5, 1]) {
      const stored = whole[Math.floor((whole.length - 1) * part)]
      const rest = await readAll(open(server, { dids, position: stored?.position ?? null }))
      expect(seqs(rest)).toEqual(seqs(whole).filter((seq) => seq > (stored?.position.seq ?? 0)))
    }
  })
})
