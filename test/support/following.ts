import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { health } from '../../src/contract/health.ts'
import type { Frame } from '../../src/event/frame.ts'
import { type FollowOptions, openFollow } from '../../src/pipeline/follow.ts'
import { StatusBoard } from '../../src/pipeline/status-board.ts'
import { openReader } from '../../src/read/read.ts'
import { openStore } from '../../src/store/store.ts'
import { readRows } from './database-state.ts'
import { eventLine, type FakeJetstream } from './fake-jetstream.ts'
import { wellHealth } from './reading.ts'

export interface Following {
  readonly board: StatusBoard
  stop(): Promise<void>
}

/** A stall after 300 ms instead of 40 s, a dead peer after a second instead of 45 s. */
const shortTimings: NonNullable<FollowOptions['timings']> = {
  stall: { stallMs: 300, lookMs: 40 },
  jetstream: { silenceMs: 700, pongMs: 300, backoffFirstMs: 5, backoffCapMs: 20, closeMs: 200 },
}

/** The network followed into a database, as `start` does, with short waits. It is stopped when the test ends. */
export async function follow(
  databaseUrl: string,
  urls: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Following> {
  const board = new StatusBoard()
  const stop = new AbortController()
  const following = await openFollow({
    config: readConfig({ JETSTREAM_URL: urls.join(','), BATCH_MAX_MS: '20', ...settings }),
    databaseUrl,
    logger: pino({ level: 'silent' }),
    board,
    timings: shortTimings,
    signal: stop.signal,
  })
  const end = async () => {
    stop.abort()
    await following.done
  }
  onTestFinished(end)
  return { board, stop: end }
}

/** Stores everything that a host has, as if it had been listened to from its first event on. */
export async function storeAll(databaseUrl: string, host: FakeJetstream): Promise<void> {
  await using store = await openStore({ url: databaseUrl, source: 'jetstream' })
  await store.write(await store.prepare({ frames: framesOfHost(host), gaps: [] }))
}

export function framesOfHost(host: FakeJetstream): Frame[] {
  return host.events.map((event) => ({
    bytes: Buffer.from(host.frame(event, 'v2')),
    position: { host: host.url, wire: 'v2', seq: event.seq, timeUs: event.timeUs, epoch: 0 },
    receivedUs: event.timeUs + 1_000,
  }))
}

/** Has a host take in so many events of now, 10 µs apart; their numbers go on from those that it has. */
export function sendNow(host: FakeJetstream, count: number): void {
  const before = host.events.length
  const firstUs = Date.now() * 1_000
  host.append(...Array.from({ length: count }, (_, n) => eventLine(before + n, firstUs + n * 10)))
}

export async function storedSeq(databaseUrl: string): Promise<number | null> {
  const [row] = await readRows<{ seq: number }>(
    databaseUrl,
    `select seq as "seq" from position where source = 'jetstream'`,
  )
  return row?.seq ?? null
}

export interface LedgerRow {
  readonly source: string
  readonly fromUs: number
  readonly toUs: number | null
  readonly reason: string
  readonly closed: boolean
  readonly closedBy: string | null
}

export function readLedger(databaseUrl: string): Promise<LedgerRow[]> {
  return readRows<LedgerRow>(
    databaseUrl,
    `select source as "source", from_us as "fromUs", to_us as "toUs", reason as "reason",
            closed_at is not null as "closed", closed_by as "closedBy"
     from gap
     order by from_us, id`,
  )
}

/** What `/health` says of a database. */
export async function askHealth(databaseUrl: string) {
  await using reader = openReader({
    url: databaseUrl,
    poolSize: 2,
    statementTimeoutMs: 5_000,
    process: {
      health: () => wellHealth,
      probeSource: () => Promise.reject(new Error('not asked')),
    },
  })
  return await reader.ask(health, {}, new AbortController().signal)
}
