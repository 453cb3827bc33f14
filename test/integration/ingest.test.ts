import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { generateFrames } from '../../src/source/synthetic/recording.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase } from '../support/database-state.ts'
import { commit, framesOf } from '../support/events.ts'
import { openFakeJetstream } from '../support/fake-jetstream.ts'
import { Fleet } from '../support/fleet.ts'
import { openTestTopic, sharedKafka } from '../support/kafka.ts'
import { openFolder, type Program, runProgram } from '../support/program.ts'

const partitions = 3
const waitMs = 60_000
const from = Date.UTC(2026, 6, 4, 14) / 1_000
const frames = [...generateFrames({ seed: 5, rate: 20, mix: '2026-07' }, from, from + 30)]
const lines = frames.map(({ bytes }) => bytes.toString())
const half = Math.floor(lines.length / 2)

test('an ingest goes on behind what was acknowledged, wherever it is started, and needs no database', async () => {
  const brokers = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(brokers, { partitions })
  await using host = await openFakeJetstream()
  const settings = { JETSTREAM_URL: host.url, DATABASE_URL: 'postgresql://127.0.0.1:9/none' }
  const fleet = new Fleet({ brokers, databaseUrl: '', topic: topic.name, partitions, settings })
  {
    await using first = fleet.ingest()
    expect(JSON.parse(await first.firstLine())).toMatchObject({ name: 'ingest', behind: null })
    await host.connection(1)
    host.append(...lines.slice(0, half))
    await ingested(fleet, half)
    first.kill('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0 })
  }
  host.append(...lines.slice(half))
  await using second = fleet.ingest()
  expect(JSON.parse(await second.firstLine()).behind).toMatch(/^2026-07-04T14:00:/)
  await ingested(fleet, lines.length)
  expect(host.requests.at(-1)).toContain('cursor=')
})

test('two ingests on two hosts at once, one of which dies, change no number', async () => {
  const brokers = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(brokers, { partitions })
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using one = await openFakeJetstream()
  await using other = await openFakeJetstream({ kind: 'legacy' })
  const fleet = new Fleet({ brokers, databaseUrl: database.url, topic: topic.name, partitions })
  await using first = fleet.ingest({ JETSTREAM_URL: one.url, INGEST_NAME: 'one' })
  await using second = fleet.ingest({
    JETSTREAM_URL: other.url,
    JETSTREAM_WIRE: 'v1',
    INGEST_NAME: 'other',
  })
  await using worker = fleet.worker()
  await Promise.all([first, second, worker].map((program: Program) => program.firstLine()))
  await Promise.all([one.connection(1), other.connection(1)])
  for (const host of [one, other]) host.append(...lines.slice(0, half))
  await ingested(fleet, half, 'one')
  first.kill('SIGKILL')
  for (const host of [one, other]) host.append(...lines.slice(half))
  const last = frames.at(-1)?.position.timeUs
  await expect
    .poll(async () => (await fleet.ingestedPosition('other'))?.timeUs, { timeout: waitMs })
    .toBe(last)
  await expect.poll(() => fleet.lag(), { timeout: waitMs }).toBe(0)
  expect(await digestDatabase(database.url)).toEqual(await straight())
})

test('invented and real events do not share a topic', async () => {
  const brokers = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(brokers, { partitions })
  const fleet = new Fleet({ brokers, databaseUrl: '', topic: topic.name, partitions })
  await fleet.append(frames.slice(0, 10)) // from the synthetic network
  await using ingest = fleet.ingest({ SOURCE: 'jetstream', JETSTREAM_URL: 'ws://127.0.0.1:9' })
  const { code, stderr } = await ingest.ended
  expect(code).toBe(1)
  expect(stderr).toContain('KAFKA_UNFIT: topic')
  expect(stderr).toContain('holds invented events (from test)')
  expect(stderr).toContain('Use another KAFKA_TOPIC')
})

test('a worker refuses invented events for a database of real ones', async () => {
  const brokers = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(brokers, { partitions })
  await using database = await openTestDatabase(inject('databaseUrl'))
  await using store = await openStore({ url: database.url, source: 'jetstream' })
  await store.write(await store.prepare({ frames: framesOf([commit()]), gaps: [] }))
  const fleet = new Fleet({ brokers, databaseUrl: database.url, topic: topic.name, partitions })
  await fleet.append(frames.slice(0, 10)) // from the synthetic network
  await using worker = fleet.worker()
  const { code, stderr } = await worker.ended
  expect(code).toBe(1)
  expect(stderr).toContain('DATABASE_FOREIGN: this database holds real events (jetstream)')
})

async function ingested(fleet: Fleet, seq: number, name = 'ingest'): Promise<void> {
  await expect.poll(() => fleet.ingestedSeq(name), { timeout: waitMs }).toBe(seq)
}

/** What the same events come to in one process without Kafka. */
async function straight(): Promise<Record<string, string>> {
  await using folder = await openFolder()
  await using database = await openTestDatabase(inject('databaseUrl'))
  const path = join(folder.path, 'recording.jsonl')
  await writeFile(path, lines.join('\n'))
  await runProgram(['replay', path], { DATABASE_URL: database.url })
  return await digestDatabase(database.url)
}
