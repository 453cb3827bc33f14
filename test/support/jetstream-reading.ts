import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { Frame, Position, Wire } from '../../src/event/frame.ts'
import { type JetstreamOptions, openJetstream } from '../../src/source/jetstream/jetstream.ts'
import type { Source } from '../../src/source/source.ts'
import { type Collected, collectChunks } from './collect-chunks.ts'
import {
  eventLine,
  type FakeJetstream,
  type FakeOptions,
  openFakeJetstream,
} from './fake-jetstream.ts'

export const second = 1_000_000
export const v2Path = '/xrpc/network.bsky.jetstream.subscribeEvents'

export async function openFake(options: FakeOptions = {}): Promise<FakeJetstream> {
  const fake = await openFakeJetstream(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  return fake
}

/** A source on these hosts with waits short enough for tests. It is stopped when the test ends. */
export function open(
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

export function nowUs(): number {
  return Date.now() * 1000
}

/** `count` events, 1 ms apart, the last one `agoUs` before now. */
export function lines(count: number, agoUs = 0, from = 0): string[] {
  const firstUs = nowUs() - agoUs - count * 1000
  return Array.from({ length: count }, (_, n) => eventLine(from + n, firstUs + n * 1000))
}

export function seqs(frames: readonly Frame[]): (number | null)[] {
  return frames.map(({ position }) => position.seq)
}

export function texts(frames: readonly Frame[]): string[] {
  return frames.map(({ bytes }) => bytes.toString('utf8'))
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}

export function cursorOf(request: string | undefined): number {
  return Number(new URL(request ?? '', 'http://fake').searchParams.get('cursor'))
}

export function positionAt(fake: FakeJetstream, seq: number, wire: Wire = 'v2'): Position {
  const event = fake.events.find((event) => event.seq === seq)
  if (!event) throw new RangeError(`no event ${seq}`)
  return { host: fake.url, wire, seq, timeUs: event.timeUs, epoch: 0 }
}

/** Reads from the oldest event on. */
export function readAll(fake: FakeJetstream, options: Partial<JetstreamOptions> = {}): Collected {
  const legacy = fake.kind === 'legacy'
  const oldest = { ...positionAt(fake, 1, legacy ? 'v1' : 'v2'), ...(legacy ? { seq: null } : {}) }
  // One step before the oldest, so that it is not a repeat.
  const position = { ...oldest, host: 'ws://elsewhere' }
  return collectChunks(open(fake, { position, ...options }))
}
