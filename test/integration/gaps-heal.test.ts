/** Gaps filled from what hosts still have, against hosts that have all of it, a part, or nothing. */
import { pino } from 'pino'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openPool } from '../../src/db/pool.ts'
import type { GapReason } from '../../src/event/frame.ts'
import { type HealOptions, healGaps } from '../../src/pipeline/heal.ts'
import { coverageOf, readListening } from '../../src/read/coverage.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import {
  eventLine,
  type FakeJetstream,
  type FakeOptions,
  openFakeJetstream,
} from '../support/fake-jetstream.ts'
import { framesOfHost, readLedger, storeAll } from '../support/following.ts'
import { runProgram } from '../support/program.ts'

const events = 300
/** Events 101 to 200 were missed. */
const lastBefore = 100
const firstAfter = 201
const stepUs = 100_000

/** A host with events up to an hour ago. */
async function openHost(options: FakeOptions = {}, shiftUs = 0): Promise<FakeJetstream> {
  const host = await openFakeJetstream(options)
  onTestFinished(() => host[Symbol.asyncDispose]())
  const firstUs = Math.floor(Date.now() / 1_000) * 1_000_000 - 3_600_000_000 + shiftUs
  host.append(
    ...Array.from({ length: events }, (_, n) => eventLine(1_000_000 + n, firstUs + n * stepUs)),
  )
  return host
}

interface Missed {
  readonly url: string
  readonly fromUs: number
  readonly toUs: number
  /** Digest of a database that missed nothing. */
  readonly whole: Record<string, string>
}

/** A database that has missed some events of a host, and knows it. */
async function openMissed(
  host: FakeJetstream,
  reason: GapReason = 'cursor-too-old',
): Promise<Missed> {
  const database = await openTestDatabase(inject('databaseUrl'))
  onTestFinished(() => database[Symbol.asyncDispose]())
  await using whole = await openTestDatabase(inject('databaseUrl'))
  await storeAll(whole.url, host)
  const frames = framesOfHost(host)
  const fromUs = host.events[lastBefore - 1]?.timeUs ?? 0
  const toUs = host.events[firstAfter - 1]?.timeUs ?? 0
  await using store = await openStore({ url: database.url, source: 'jetstream' })
  await store.write(await store.prepare({ frames: frames.slice(0, lastBefore), gaps: [] }))
  const gaps = [{ host: host.url, fromUs, toUs, reason }]
  await store.write(await store.prepare({ frames: frames.slice(firstAfter - 1), gaps }))
  return { url: database.url, fromUs, toUs, whole: await digestDatabase(whole.url) }
}

function heal(url: string, hosts: readonly string[], options: Partial<HealOptions> = {}) {
  return healGaps({
    databaseUrl: url,
    hosts,
    ids: null,
    wire: 'auto',
    collections: [],
    dids: [],
    compress: false,
    apiKey: null,
    limits: { maxFrames: 1_000, maxWaitMs: 10, maxLogBytes: 1_000_000 },
    patience: { quietMs: 300, connectMs: 500 },
    timings: { backoffFirstMs: 5, backoffCapMs: 20 },
    signal: new AbortController().signal,
    logger: pino({ level: 'silent' }),
    ...options,
  })
}

async function ratioOf(url: string, { fromUs, toUs }: Missed): Promise<number> {
  await using db = openPool({ url, max: 1, statementTimeoutMs: 0, applicationName: 'test' })
  const range = { fromMs: Math.ceil(fromUs / 1_000), toMs: Math.floor(toUs / 1_000) }
  return coverageOf(await readListening(range, { db }), range).ratio
}

async function sourcesOf(url: string): Promise<string[]> {
  const rows = await readRows<{ source: string }>(url, 'select source from position order by 1')
  return rows.map(({ source }) => source)
}

test.each([
  ['a host that knows numbers', 'v2'],
  ['a host that knows times only', 'legacy'],
] as const)(
  'a gap is filled from %s, and the numbers are those of a run without it',
  async (_, kind) => {
    const host = await openHost({ kind })
    const missed = await openMissed(host)
    expect(await ratioOf(missed.url, missed)).toBe(0)
    const [healed] = await heal(missed.url, [host.url])
    expect(healed).toMatchObject({ outcome: 'filled', leftToUs: null })
    expect(await readLedger(missed.url)).toMatchObject([
      { closed: true, closedBy: expect.stringMatching(/^heal:ws:/) },
    ])
    expect(await digestDatabase(missed.url)).toEqual(missed.whole)
    expect(await ratioOf(missed.url, missed)).toBe(1)
    expect(await sourcesOf(missed.url)).toEqual(['jetstream'])
  },
)

test.each([
  ['says so', 'v2'],
  ['says nothing of it', 'legacy'],
] as const)(
  'of a gap that a host has in part, and %s, only the rest stays open',
  async (_, kind) => {
    const host = await openHost({ kind })
    const missed = await openMissed(host)
    host.floorSeq = 150
    const heldUs = host.events[149]?.timeUs
    const [healed] = await heal(missed.url, [host.url])
    expect(healed).toMatchObject({ outcome: 'shrunk', leftToUs: heldUs })
    expect(await readLedger(missed.url)).toMatchObject([
      { fromUs: missed.fromUs, toUs: heldUs, closed: false },
      { fromUs: heldUs, toUs: missed.toUs, closed: true },
    ])
    expect(await ratioOf(missed.url, missed)).toBeCloseTo(51 / 101, 2)

    host.floorSeq = 1
    expect(await heal(missed.url, [host.url])).toMatchObject([{ outcome: 'filled' }])
    expect(await digestDatabase(missed.url)).toEqual(missed.whole)
    expect(await ratioOf(missed.url, missed)).toBe(1)
  },
)

test('what one host does not have another may, though its clock is another', async () => {
  const host = await openHost()
  const missed = await openMissed(host)
  host.floorSeq = 250
  const other = await openHost({}, 400_000)
  const healed = await heal(missed.url, [host.url, other.url])
  expect(healed).toMatchObject([{ outcome: 'filled', detail: expect.stringContaining(other.url) }])
  expect(await ratioOf(missed.url, missed)).toBe(1)
  const stored = await readRows(
    missed.url,
    `select id from bluesky_post union all select id from bluesky_record where collection not like '$%'`,
  )
  const ids = new Set(host.events.map(({ line }) => JSON.parse(line).commit?.rkey).filter(Boolean))
  expect(stored).toHaveLength(ids.size)
})

test('a host that cannot be reached, and one that has nothing of it, leave it as it was', async () => {
  const host = await openHost()
  const missed = await openMissed(host)
  host.floorSeq = 280
  const healed = await heal(missed.url, ['ws://127.0.0.1:1', host.url])
  expect(healed).toMatchObject([{ outcome: 'left', leftToUs: missed.toUs }])
  expect(healed[0]?.detail).toMatch(/it no longer has anything of that.*127\.0\.0\.1:1/s)
  expect(await readLedger(missed.url)).toMatchObject([{ closed: false, toUs: missed.toUs }])
})

test('of a gap that reaches into days that were dropped only the rest is filled', async () => {
  const dayMs = 86_400_000
  const keptMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs
  const middleUs = Date.now() * 1_000 - 3_600_000_000 + (events / 2) * stepUs
  const host = await openHost({}, keptMs * 1_000 - middleUs)
  const missed = await openMissed(host)
  const day = new Date(keptMs).toISOString().slice(0, 10)
  const drop = (endDay: string) =>
    readRows(
      missed.url,
      `insert into aged_out (table_name, first_day, end_day, bytes)
       values ('bluesky_record', '2026-05-01', $1, 1), ('bluesky_post', '2026-05-01', $1, 1)
       on conflict (table_name, first_day) do update set end_day = excluded.end_day`,
      [endDay],
    )
  await drop(day)
  expect(await heal(missed.url, [host.url])).toMatchObject([
    {
      outcome: 'shrunk',
      leftToUs: keptMs * 1_000,
      detail: expect.stringContaining(`before ${day}`),
    },
  ])
  expect(await readLedger(missed.url)).toMatchObject([
    { fromUs: missed.fromUs, toUs: keptMs * 1_000, closed: false },
    { fromUs: keptMs * 1_000, toUs: missed.toUs, closed: true },
  ])
  expect(await heal(missed.url, [host.url])).toMatchObject([
    { outcome: 'left', stored: 0, detail: `what came before ${day} was dropped` },
  ])
})

test('healing that is stopped goes on where it was', async () => {
  const host = await openHost()
  const missed = await openMissed(host)
  const stop = new AbortController()
  const [first] = await heal(missed.url, [host.url], {
    limits: { maxFrames: 10, maxWaitMs: 1, maxLogBytes: 2_000 },
    signal: stop.signal,
    onProgress: (_gap, timeUs) => {
      if (timeUs !== null) stop.abort()
    },
  })
  expect(first?.outcome).toBe('interrupted')
  expect(await readLedger(missed.url)).toMatchObject([{ closed: false }])
  const [again] = await heal(missed.url, [host.url])
  expect(again).toMatchObject({ outcome: 'filled' })
  expect(await digestDatabase(missed.url)).toEqual(missed.whole)
})

test('a gap that another source has received is closed without asking anybody', async () => {
  const host = await openHost()
  const missed = await openMissed(host)
  await using store = await openStore({ url: missed.url, source: 'file:0123' })
  await store.write(await store.prepare({ frames: framesOfHost(host), gaps: [] }))
  expect(await heal(missed.url, [])).toMatchObject([{ outcome: 'filled', stored: 0 }])
  expect(await readLedger(missed.url)).toMatchObject([{ closed: true, closedBy: 'file:0123' }])
})

test('a replay that was stopped leaves nothing behind when its gap is closed otherwise', async () => {
  const host = await openHost()
  const missed = await openMissed(host)
  const stop = new AbortController()
  await heal(missed.url, [host.url], {
    limits: { maxFrames: 10, maxWaitMs: 1, maxLogBytes: 2_000 },
    signal: stop.signal,
    onProgress: (_gap, timeUs) => {
      if (timeUs !== null) stop.abort()
    },
  })
  expect(await sourcesOf(missed.url)).toHaveLength(2)
  {
    await using store = await openStore({ url: missed.url, source: 'file:0123' })
    await store.write(await store.prepare({ frames: framesOfHost(host), gaps: [] }))
  }
  await heal(missed.url, [])
  expect(await sourcesOf(missed.url)).toEqual(['file:0123', 'jetstream'])
})

test('a silence that is over is filled from another host when it is named, with that collection alone', async () => {
  const host = await openHost()
  const missed = await openMissed(host)
  const other = await openHost()
  await readRows(
    missed.url,
    `update gap set reason = 'collection-silent', detail = 'app.bsky.feed.like', closed_at = now(), closed_by = 'jetstream'`,
  )
  expect(await heal(missed.url, [host.url, other.url])).toEqual([])
  const ids = await readRows<{ id: number }>(missed.url, 'select id as "id" from gap')
  const named = { ids: ids.map(({ id }) => id) }
  expect(await heal(missed.url, [host.url, other.url], named)).toMatchObject([
    { outcome: 'filled', detail: expect.stringContaining(other.url) },
  ])
  expect((await other.connection(1)).query.getAll('collections')).toEqual(['app.bsky.feed.like'])
  expect(host.connections).toHaveLength(0)
  expect(await readLedger(missed.url)).toMatchObject([{ closedBy: 'jetstream' }])
  expect(await sourcesOf(missed.url)).toEqual(['jetstream'])
})

test('gaps lists what happened and what can be done, and heal fills it', async () => {
  const host = await openHost()
  const missed = await openMissed(host)
  const settings = { DATABASE_URL: missed.url, JETSTREAM_URL: host.url }
  const listed = await runProgram(['gaps'], settings)
  expect(listed).toMatchObject({ code: 0 })
  expect(listed.stdout).toMatch(
    /jetstream .* 10\.1 s +the host no longer had the events after the last stored one +gaps heal replays what the host still has/,
  )
  const [gap] = JSON.parse((await runProgram(['gaps', 'list', '--json'], settings)).stdout).gaps
  expect(gap).toMatchObject({ reason: 'cursor-too-old', closedAt: null, lastedMs: 10_100 })

  expect(await runProgram(['gaps', 'heal'], settings)).toMatchObject({ code: 2 })
  expect(await runProgram(['gaps', 'heal', '999'], settings)).toMatchObject({ code: 1 })
  const healed = await runProgram(['gaps', 'heal', String(gap.id)], settings)
  expect(healed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^✓ gap \d+ filled: /) })
  expect(await digestDatabase(missed.url)).toEqual(missed.whole)
  expect((await runProgram(['gaps'], settings)).stdout).toBe('No gap is open.\n')
  const all = await runProgram(['gaps', 'list', '--all', '--since', '2h'], settings)
  expect(all.stdout).toMatch(/closed by heal:ws:/)
  expect((await runProgram(['lag', '--json'], settings)).stdout).not.toMatch(/heal:/)
})
