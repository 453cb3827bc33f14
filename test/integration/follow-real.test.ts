/** The whole program against the real server. Left out where Go cannot build it; the list of skipped tests says so. */
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { WebSocket } from 'ws'
import { formatId, recordId } from '../../src/event/ids.ts'
import { countNaively, foldNaively } from '../oracle/naive-model.ts'
import { openTestDatabase } from '../support/database.ts'
import { readCounts, readRows } from '../support/database-state.ts'
import { Program } from '../support/program.ts'
import {
  jetstreamUnavailable,
  openRealNetwork,
  type RealJetstream,
  type RealNetwork,
} from '../support/real-jetstream.ts'

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

interface Place {
  readonly seq: number
  readonly timeUs: number
  readonly firstUs: number
}

test.each(['v1', 'v2'])(
  'over %s every event is stored once, through kill -9 of the program and restarts of the server',
  async (wire) => {
    const server = await network.openServer()
    await using db = await openTestDatabase(inject('databaseUrl'))
    const settings = {
      DATABASE_URL: db.url,
      JETSTREAM_URL: server.url,
      JETSTREAM_WIRE: wire,
      PORT: '0',
    }
    for (let round = 0; round < 4; round++) {
      await using program = new Program(['start', '--json'], settings)
      await program.firstLine()
      await advance(db.url, 150)
      if (round === 1) {
        await server.stop()
        await server.start()
        await advance(db.url, 150)
      }
      if (round < 3) program.kill('SIGKILL')
      else {
        program.kill('SIGTERM')
        expect(await program.ended).toMatchObject({ code: 0 })
      }
    }
    const { seq, firstUs } = await placeOf(db.url)
    const sent = (await readPlainly(server, seq)).filter((line) => timeOf(line) > firstUs)
    expect(sent.length).toBeGreaterThan(600)
    expect(await storedOperations(db.url, firstUs)).toEqual(countNaively(sent).operation)
    expect(await storedIds(db.url, firstUs)).toEqual(idsOf(sent))
    expect(await readRows(db.url, 'select * from gap')).toEqual([])
    const counted = Object.values(await readCounts(db.url, 'collection')).reduce(
      (sum, n) => sum + n,
      0,
    )
    const [rows] = await readRows<{ n: number }>(
      db.url,
      'select (select count(*) from bluesky_post)::int + (select count(*) from bluesky_record)::int as n',
    )
    expect(counted).toBe(rows?.n)
  },
)

test('a position that the server no longer holds is recorded as a gap, and the program runs on', async () => {
  const server = await network.openServer('--cursor-lookback', '2s', '--compaction-interval', '2s')
  await using db = await openTestDatabase(inject('databaseUrl'))
  const settings = {
    DATABASE_URL: db.url,
    JETSTREAM_URL: server.url,
    JETSTREAM_WIRE: 'v2',
    PORT: '0',
  }
  const before = await (async () => {
    await using program = new Program(['start', '--json'], settings)
    await program.firstLine()
    await advance(db.url, 50)
    program.kill('SIGKILL')
    await program.ended
    return placeOf(db.url)
  })()
  await expect
    .poll(() => isTooOld(server, before.seq), { timeout: 60_000, interval: 500 })
    .toBe(true)
  await using program = new Program(['start', '--json'], settings)
  await program.firstLine()
  await advance(db.url, 50)
  const gaps = await readRows<{ from: number; to: number; reason: string }>(
    db.url,
    'select from_us as "from", to_us as "to", reason from gap',
  )
  expect(gaps).toEqual([{ from: before.timeUs, to: expect.any(Number), reason: 'cursor-too-old' }])
  expect(gaps[0]?.to).toBeGreaterThan(before.timeUs)
})

/** Resolves when the position has moved by so many events. */
async function advance(url: string, events: number): Promise<void> {
  const countOf = async () => {
    const [row] = await readRows<{ n: number }>(
      url,
      `select coalesce(sum(n), 0)::int as n from count_minute where dimension = 'collection'`,
    )
    return row?.n ?? 0
  }
  const before = await countOf()
  await expect.poll(countOf, { timeout: 60_000, interval: 50 }).toBeGreaterThan(before + events)
}

async function placeOf(url: string): Promise<Place> {
  const [row] = await readRows<Place>(
    url,
    `select seq, time_us as "timeUs", first_time_us as "firstUs" from position where source = 'jetstream'`,
  )
  if (!row) throw new RangeError('nothing is stored yet')
  return row
}

/** Everything the server has up to a number, over v1, with nothing but a WebSocket. */
async function readPlainly(server: RealJetstream, toSeq: number): Promise<string[]> {
  const ws = new WebSocket(subscribe(server, 'subscribe', 1), { perMessageDeflate: false })
  const lines: string[] = []
  ws.on('message', (data: Buffer) => {
    const line = data.toString()
    const { cursor } = JSON.parse(line) as { cursor: number }
    if (cursor <= toSeq) lines.push(line)
    if (cursor >= toSeq) ws.terminate()
  })
  await once(ws, 'close')
  return lines
}

async function isTooOld(server: RealJetstream, seq: number): Promise<boolean> {
  const url = subscribe(server, 'xrpc/network.bsky.jetstream.subscribeEvents', seq)
  const ws = new WebSocket(url, { perMessageDeflate: false })
  const refused = once(ws, 'unexpected-response').then(() => true)
  const opened = once(ws, 'open').then(() => false)
  ws.on('error', () => undefined)
  const answer = await Promise.race([refused, opened])
  ws.terminate()
  return answer
}

function subscribe(server: RealJetstream, path: string, cursor: number): string {
  return `${server.url.replace(/^http/, 'ws').replace(/\/$/, '')}/${path}?cursor=${cursor}`
}

function timeOf(line: string): number {
  return (JSON.parse(line) as { time_us: number }).time_us
}

async function storedOperations(url: string, afterUs: number): Promise<Record<string, number>> {
  const rows = await readRows<{ key: string; n: number }>(
    url,
    `select collection || '/' || operation as key, count(*)::int as n
     from (select collection, operation, time_us from bluesky_post
           union all select collection, operation, time_us from bluesky_record) as stored
     where time_us > $1
     group by 1`,
    [afterUs],
  )
  return Object.fromEntries(rows.map(({ key, n }) => [key, n]))
}

async function storedIds(url: string, afterUs: number): Promise<string[]> {
  const rows = await readRows<{ id: string }>(
    url,
    `select id from (select id, time_us, collection from bluesky_post
                     union all select id, time_us, collection from bluesky_record) as stored
     where time_us > $1 and collection not like '$%'`,
    [afterUs],
  )
  return rows.map(({ id }) => id).sort()
}

function idsOf(lines: readonly string[]): string[] {
  return foldNaively(lines)
    .flatMap(({ did, commit }) =>
      commit ? [formatId(recordId(did, commit.collection, commit.rkey))] : [],
    )
    .sort()
}
