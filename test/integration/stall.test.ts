/** Nothing comes, or nothing is stored: what the ledger and health say of it, and how it is made up for. */
import { pino } from 'pino'
import { expect, inject, test } from 'vitest'
import { openPool } from '../../src/db/pool.ts'
import { watchStalls } from '../../src/pipeline/stall-watch.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import {
  eventLine,
  type FakeJetstream,
  openFakeJetstream,
  xrpcError,
} from '../support/fake-jetstream.ts'
import {
  askHealth,
  follow,
  readLedger,
  sendNow,
  storeAll,
  storedSeq,
} from '../support/following.ts'

const patience = { timeout: 20_000, interval: 20 }

/** Whoever connects is turned away until the list is emptied. */
function refuseAll(host: FakeJetstream): void {
  host.refusals.push(...Array.from({ length: 10_000 }, () => xrpcError(503, 'NotReady', 'told so')))
}

async function coverageOf(url: string) {
  return (await askHealth(url)).components.find(({ name }) => name === 'coverage')
}

test('a connection that stays open and gives nothing is a gap until the host goes on, and then none', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using uncut = await openTestDatabase(inject('databaseUrl'))
  await using host = await openFakeJetstream()
  const { board } = await follow(database.url, [host.url])
  const first = await host.connection(1)
  sendNow(host, 300)
  await expect.poll(() => storedSeq(database.url), patience).toBe(300)
  const cutUs = host.last.timeUs

  first.freeze()
  refuseAll(host)
  sendNow(host, 300)
  await expect.poll(() => readLedger(database.url), patience).toHaveLength(1)
  expect(await readLedger(database.url)).toMatchObject([
    { source: 'jetstream', fromUs: cutUs, toUs: null, reason: 'stalled', closed: false },
  ])
  expect(await coverageOf(database.url)).toMatchObject({
    state: 'degraded',
    detail: expect.stringMatching(/jetstream since .* UTC .*closes by itself when the source goes/),
  })
  expect((await askHealth(database.url)).status).toBe('degraded')
  await expect.poll(() => board.get('source')?.state, patience).not.toBe('ok')

  host.refusals.length = 0
  await expect.poll(() => storedSeq(database.url), patience).toBe(600)
  // What closes the gap is that the source has come past its end: events of after the return.
  await expect
    .poll(async () => {
      sendNow(host, 10)
      return (await readLedger(database.url)).every(({ closed }) => closed)
    }, patience)
    .toBe(true)
  expect(await readLedger(database.url)).toMatchObject([
    { fromUs: cutUs, reason: 'stalled', closedBy: 'jetstream' },
  ])
  expect(await coverageOf(database.url)).toMatchObject({ state: 'ok' })
  await expect.poll(() => storedSeq(database.url), patience).toBe(host.last.seq)
  await storeAll(uncut.url, host)
  expect(await digestDatabase(database.url)).toEqual(await digestDatabase(uncut.url))
})

test('a host that answers pings and sends no event is a stall where everything is asked for', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using host = await openFakeJetstream({ pingMs: 50 })
  const { board } = await follow(database.url, [host.url])
  await host.connection(1)
  sendNow(host, 40)
  await expect
    .poll(() => readLedger(database.url), patience)
    .toMatchObject([{ reason: 'stalled', toUs: null, fromUs: host.last.timeUs }])
  expect(host.connections).toHaveLength(1)
  await expect
    .poll(() => board.get('source'), patience)
    .toMatchObject({ state: 'degraded', detail: expect.stringMatching(/nothing was stored since/) })
})

test('a small network may pause for as long as it usually does and longer', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using host = await openFakeJetstream({ pingMs: 50 })
  await follow(database.url, [host.url])
  await host.connection(1)
  // One event in 100 ms for 4 s; a stall is 300 ms here where so much comes that this is none.
  const nowUs = Date.now() * 1_000
  host.append(...Array.from({ length: 40 }, (_, n) => eventLine(n, nowUs - (40 - n) * 100_000)))
  await expect.poll(() => storedSeq(database.url), patience).toBe(40)
  const stored = performance.now()
  await expect.poll(() => readLedger(database.url), patience).toHaveLength(1)
  expect(performance.now() - stored).toBeGreaterThan(2_000)
})

test('where only some accounts are followed, silence is no stall, and no connection is', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using host = await openFakeJetstream({ pingMs: 50 })
  const settings = { JETSTREAM_DIDS: 'did:plc:mcc5yghbk7tixqryac2yxku7' }
  await follow(database.url, [host.url], settings)
  await host.connection(1)
  sendNow(host, 5)
  await expect.poll(() => storedSeq(database.url), patience).toBe(5)
  await (await host.connection(1)).ponged(20)
  expect(await readLedger(database.url)).toEqual([])

  refuseAll(host)
  host.cutAll()
  await expect
    .poll(() => readLedger(database.url), patience)
    .toMatchObject([{ reason: 'disconnected', toUs: null, fromUs: host.last.timeUs }])
  host.refusals.length = 0
  await expect
    .poll(() => readLedger(database.url), patience)
    .toMatchObject([{ reason: 'disconnected', closed: true, closedBy: 'jetstream' }])
})

test('a gap that a run leaves open is closed by the next one', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using host = await openFakeJetstream()
  const before = await follow(database.url, [host.url])
  await host.connection(1)
  sendNow(host, 40)
  await expect.poll(() => readLedger(database.url), patience).toMatchObject([{ closed: false }])
  await before.stop()
  sendNow(host, 5)
  await follow(database.url, [host.url])
  await expect
    .poll(async () => {
      sendNow(host, 1)
      return readLedger(database.url)
    }, patience)
    .toMatchObject([{ closed: true, closedBy: 'jetstream' }])
})

test('what the source itself has lost stays open when a stall is over', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using host = await openFakeJetstream()
  await follow(database.url, [host.url])
  const first = await host.connection(1)
  sendNow(host, 40)
  await expect.poll(() => storedSeq(database.url), patience).toBe(40)
  const cutUs = host.last.timeUs
  refuseAll(host)
  first.freeze()
  sendNow(host, 10)
  await expect.poll(() => readLedger(database.url), patience).toHaveLength(1)
  host.floorSeq = 46
  host.refusals.length = 0
  await expect
    .poll(async () => {
      sendNow(host, 1)
      return readLedger(database.url)
    }, patience)
    .toMatchObject([
      { fromUs: cutUs, reason: 'stalled', closed: true },
      { fromUs: cutUs, toUs: host.events[45]?.timeUs, reason: 'cursor-too-old', closed: false },
    ])
  expect(await coverageOf(database.url)).toMatchObject({
    state: 'degraded',
    detail: expect.stringContaining('gaps heal'),
  })
})

test('any number of watchers open one gap', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  await readRows(
    database.url,
    `insert into position (source, version, host, wire, time_us, first_time_us, epoch)
     values ('jetstream', 1, 'wss://host.example', 'v2', $1, $1, 0)`,
    [Date.now() * 1_000],
  )
  const stop = new AbortController()
  const looks: number[] = []
  const watching = Array.from({ length: 4 }, async (_, n) => {
    await using db = openPool({
      url: database.url,
      max: 1,
      statementTimeoutMs: 5_000,
      applicationName: 'test',
    })
    await watchStalls({
      db,
      source: 'jetstream',
      expect: () => 'stalled',
      timings: { stallMs: 50, lookMs: 5 },
      signal: stop.signal,
      logger: pino({ level: 'silent' }),
      onLook: (sinceMs) => {
        if (sinceMs !== null) looks[n] = (looks[n] ?? 0) + 1
      },
    })
  })
  await expect.poll(() => Math.min(...[0, 1, 2, 3].map((n) => looks[n] ?? 0))).toBeGreaterThan(5)
  stop.abort()
  await Promise.all(watching)
  expect(await readLedger(database.url)).toHaveLength(1)
})
