import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { zstdDecompressSync } from 'node:zlib'
import { expect, inject, test } from 'vitest'
import { openEmbedded } from '../../src/db/embedded.ts'
import { generateFrames } from '../../src/source/synthetic/recording.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import { type FakeJetstream, openFakeJetstream } from '../support/fake-jetstream.ts'
import { Fleet } from '../support/fleet.ts'
import { openTestTopic, sharedKafka } from '../support/kafka.ts'
import { openFolder, type Program, runProgram } from '../support/program.ts'
import { openKafkaCluster } from '../support/real-kafka.ts'
import { settle } from '../support/settle.ts'

/** Real events, beside the checkout of those who develop the program; they are not shipped with it. */
const recorded = fileURLToPath(
  new URL('../../../shared/data/firehose-5min.jsonl.zst', import.meta.url),
)
const kills = 30
const workers = 3
const partitions = 6
const settleMs = 120_000

test('five recorded minutes through Kafka and three workers, with 30 kills anywhere, end up as in one process', async (context) => {
  context.skip(!existsSync(recorded), '../shared/data/firehose-5min.jsonl.zst is not there')
  const bytes = zstdDecompressSync(await readFile(recorded), { maxOutputLength: 2 ** 30 })
  const lines = bytes.toString().split('\n').filter(Boolean)
  await using straight = await openTestDatabase(inject('databaseUrl'))
  expect(await runProgram(['replay', recorded], { DATABASE_URL: straight.url })).toMatchObject({
    code: 0,
  })
  await using folder = await openFolder()
  await using database = await openEmbedded({ dataDir: folder.path, role: 'own' })
  await using kafka = await openKafkaCluster()
  await using host = await openFakeJetstream()
  const fleet = new Fleet({
    brokers: kafka.bootstrap,
    databaseUrl: database.url,
    topic: 'fleet',
    partitions,
    settings: { JETSTREAM_URL: host.url, BATCH_MAX_EVENTS: '500' },
  })
  await using herd = new Herd(
    () => fleet.ingest(),
    () => fleet.worker(),
    workers,
  )
  await herd.ready()
  await host.connection(1)
  feed(host, lines, 100)
  await expect.poll(() => fleet.ingestedSeq(), { timeout: settleMs }).toBe(100)

  const [broker] = kafka.brokers
  const victims = [
    () => herd.killIngest(),
    () => herd.killIngest(),
    () => herd.killWorker(),
    () => herd.killWorker(),
    () => herd.killWorker(),
    async () => {
      await broker?.kill('SIGKILL')
      await broker?.start()
    },
    () => killPostgres(folder.path),
  ]
  for (let n = 0; n < kills; n++) {
    // The next part of the stream comes while things die.
    feed(host, lines, Math.ceil(((n + 1) / kills) * lines.length))
    await sleep(200 + Math.random() * 800)
    // Everybody has a turn, then chance decides.
    const victim = n < victims.length ? n : Math.floor(Math.random() * victims.length)
    await victims[victim]?.()
  }
  await expect
    .poll(() => fleet.ingestedSeq(), { timeout: settleMs, interval: 500 })
    .toBe(lines.length)
  await expect.poll(() => fleet.lag(), { timeout: settleMs, interval: 500 }).toBe(0)
  expect(herd.failures()).toEqual([])
  for (const db of [database, straight]) await settle(db.url)
  expect(await digestDatabase(database.url)).toEqual(await digestDatabase(straight.url))
}, 480_000)

test('an offset that is moved by hand is found out', async () => {
  const brokers = await sharedKafka(inject('kafkaDoor'))
  await using folder = await openFolder()
  const from = Date.UTC(2026, 6, 4, 14) / 1_000
  const frames = [...generateFrames({ seed: 3, rate: 20, mix: '2026-07' }, from, from + 60)]
  const path = join(folder.path, 'recording.jsonl')
  await writeFile(path, frames.map(({ bytes }) => bytes.toString()).join('\n'))
  await using straight = await openTestDatabase(inject('databaseUrl'))
  await runProgram(['replay', path], { DATABASE_URL: straight.url })
  await settle(straight.url)
  const expected = await digestDatabase(straight.url)
  const middle = Math.floor(frames.length / 2)

  for (const moved of [0, 1]) {
    await using database = await openTestDatabase(inject('databaseUrl'))
    await using topic = await openTestTopic(brokers, { partitions: 2 })
    const fleet = new Fleet({
      brokers,
      databaseUrl: database.url,
      topic: topic.name,
      partitions: 2,
    })
    await fleet.append(frames.slice(0, middle))
    await storeAll(fleet)
    await fleet.append(frames.slice(middle))
    await readRows(
      database.url,
      `update position set next_offset = next_offset + $1 where part = 1 and source like 'kafka:%'`,
      [moved],
    )
    await storeAll(fleet)
    await settle(database.url)
    const found = await digestDatabase(database.url)
    if (moved === 0) expect(found).toEqual(expected)
    else expect(found).not.toEqual(expected)
  }
})

async function storeAll(fleet: Fleet): Promise<void> {
  await using worker = fleet.worker()
  await worker.firstLine()
  await expect.poll(() => fleet.lag(), { timeout: settleMs }).toBe(0)
}

/** Appends lines until the host has so many. */
function feed(host: FakeJetstream, lines: readonly string[], upTo: number): void {
  host.append(...lines.slice(host.events.length, upTo))
}

/** Kills the server, as soon as it is there again after the last time. */
async function killPostgres(dataDir: string): Promise<void> {
  const file = join(dataDir, 'postgres/cluster/postmaster.pid')
  const kill = async () => {
    const [pid] = (await readFile(file, 'utf8')).split('\n')
    return process.kill(Number(pid), 'SIGKILL')
  }
  await expect.poll(() => kill().catch(() => false), { timeout: settleMs }).toBe(true)
}

/** One ingest and some workers; whoever is killed is started again. */
class Herd implements AsyncDisposable {
  readonly #startWorker: () => Program
  readonly #startIngest: () => Program
  readonly #workers: Program[]
  readonly #failures: string[] = []
  #ingest: Program
  #next = 0

  constructor(startIngest: () => Program, startWorker: () => Program, workers: number) {
    this.#startIngest = startIngest
    this.#startWorker = startWorker
    this.#ingest = startIngest()
    this.#workers = Array.from({ length: workers }, startWorker)
  }

  async ready(): Promise<void> {
    await Promise.all([this.#ingest, ...this.#workers].map((program) => program.firstLine()))
  }

  async killIngest(): Promise<void> {
    await this.#kill(this.#ingest)
    this.#ingest = this.#startIngest()
  }

  async killWorker(): Promise<void> {
    const index = this.#next++ % this.#workers.length
    const worker = this.#workers[index]
    if (!worker) return
    await this.#kill(worker)
    this.#workers[index] = this.#startWorker()
  }

  /** What ended by itself. */
  failures(): readonly string[] {
    return this.#failures
  }

  async #kill(program: Program): Promise<void> {
    program.kill('SIGKILL')
    const { signal, code, stderr } = await program.ended
    if (signal !== 'SIGKILL') this.#failures.push(`ended by itself with ${code}: ${stderr}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [this.#ingest, ...this.#workers].map((program) => program[Symbol.asyncDispose]()),
    )
  }
}
