import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { generateFrames } from '../../src/source/synthetic/recording.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { digestDatabase, readCounts, readRows } from '../support/database-state.ts'
import { commit, framesOf } from '../support/events.ts'
import { Fleet } from '../support/fleet.ts'
import { openTestTopic, sharedKafka, type TestTopic } from '../support/kafka.ts'
import { openFolder, type Program, runProgram } from '../support/program.ts'
import { openKafkaCluster } from '../support/real-kafka.ts'

const partitions = 4
const waitMs = 60_000
const from = Date.UTC(2026, 6, 4, 14) / 1_000
const frames = [...generateFrames({ seed: 11, rate: 60, mix: '2026-07' }, from, from + 60)]
const quarter = Math.ceil(frames.length / 4)
const part = (n: number) => frames.slice(n * quarter, (n + 1) * quarter)

test('workers that join, leave, crash and freeze lose nothing and double nothing', async () => {
  await using setup = await openSetup()
  const { fleet, database } = setup
  await fleet.append(part(0))

  await using first = fleet.worker()
  await assigned(first, partitions)
  await using second = fleet.worker()
  await assigned(second, partitions / 2)
  await fleet.append(part(1))
  await stored(fleet)

  // Leaves in order: the other has its partitions at once.
  first.kill('SIGTERM')
  expect(await first.ended).toMatchObject({ code: 0 })
  await fleet.append(part(2))
  await stored(fleet)

  // Freezes for longer than its session lasts: a third takes over, and when it wakes up it must not write.
  second.kill('SIGSTOP')
  await using third = fleet.worker()
  await assigned(third, partitions)
  await fleet.append(part(3))
  await stored(fleet)
  second.kill('SIGCONT')
  await assigned(second, partitions / 2)

  // Crashes: what it had goes to the other when its session ends, and everything comes once more besides.
  third.kill('SIGKILL')
  await third.ended
  await fleet.append(frames)
  await stored(fleet)
  expect(await digestDatabase(database.url)).toEqual(await straight())
})

test('of two writers of a partition the one that comes second stores nothing', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const options = { url: database.url, source: 'kafka:t', part: 3 }
  await using owner = await openStore(options)
  await using formerOwner = await openStore(options)
  const chunk = { frames: framesOf([commit()]), gaps: [] }
  await owner.write(await owner.prepare(chunk), { next: 1, watermark: null })
  const late = formerOwner.write(await formerOwner.prepare(chunk), { next: 9, watermark: null })
  await expect(late).rejects.toMatchObject({ code: 'POSITION_MOVED' })
  expect(await readRows(database.url, 'select part, next_offset from position')).toEqual([
    { part: 3, next_offset: 1 },
  ])
  await using reopened = await openStore(options)
  expect(reopened.offset).toBe(1)
})

test('a partition in which nothing happens knows how far the others are', async () => {
  await using setup = await openSetup()
  const { fleet, database } = setup
  const quiet = frames.filter(({ bytes }) => bytes.toString().startsWith(did(frames[0])))
  await fleet.append(quiet)
  await using worker = fleet.worker()
  await worker.firstLine()
  const lastUs = quiet.at(-1)?.position.timeUs
  await expect
    .poll(() => readRows(database.url, 'select part, time_us from position order by part'), {
      timeout: waitMs,
    })
    .toEqual([0, 1, 2, 3].map((part) => ({ part, time_us: lastUs })))
})

test('a topic that was made anew and has grown past the stored offset is read from its beginning, with a gap', async () => {
  await using setup = await openSetup()
  const { fleet, database, topic } = setup
  const [few, many] = [frames.slice(0, 40), frames.slice(1_000, 3_000)]
  await fleet.append(few)
  {
    await using worker = fleet.worker()
    await worker.firstLine()
    await stored(fleet)
  }
  await topic.remake()
  await fleet.append(many)
  await using worker = fleet.worker()
  await worker.firstLine()
  await expect.poll(() => fleet.offsets(), { timeout: waitMs }).toEqual(await fleet.ends())
  const counted = await readCounts(database.url, 'operation')
  await using whole = await openTestDatabase(inject('databaseUrl'))
  await using store = await openStore({ url: whole.url, source: 'jetstream' })
  await store.write(await store.prepare({ frames: [...few, ...many], gaps: [] }))
  expect(counted).toEqual(await readCounts(whole.url, 'operation'))
  const gaps = await readRows<{ reason: string }>(database.url, 'select reason from gap')
  expect(new Set(gaps.map(({ reason }) => reason))).toEqual(new Set(['log-expired']))
})

test('one of three brokers is lost without a stop', async () => {
  await using kafka = await openKafkaCluster({ brokers: 3 })
  await using database = await openTestDatabase(inject('databaseUrl'))
  const settings = { SOURCE: 'synthetic', SYNTHETIC_RATE: '50', SYNTHETIC_HISTORY_HOURS: '0' }
  const fleet = new Fleet({
    brokers: kafka.bootstrap,
    databaseUrl: database.url,
    topic: 'three',
    partitions,
    settings,
  })
  await using ingest = fleet.ingest()
  await using worker = fleet.worker()
  await assigned(worker, partitions)
  await grows(database)
  for (const broker of kafka.brokers) {
    await broker.kill('SIGKILL')
    const lostAtMs = Date.now()
    // All partitions go on while it is away, those that it led too.
    await grows(database)
    expect(Date.now() - lostAtMs).toBeLessThan(30_000)
    await broker.start()
    // Losing the next one before this has every event again would be losing two.
    await expect.poll(() => fleet.leastCopies(), { timeout: waitMs }).toBe(3)
  }
  ingest.kill('SIGTERM')
  const { code, stderr } = await ingest.ended
  expect(code, stderr).toBe(0)
  await stored(fleet)
})

interface Setup extends AsyncDisposable {
  readonly fleet: Fleet
  readonly database: TestDatabase
  readonly topic: TestTopic
}

async function openSetup(): Promise<Setup> {
  await using scope = new AsyncDisposableStack()
  const brokers = await sharedKafka(inject('kafkaDoor'))
  const topic = scope.use(await openTestTopic(brokers, { partitions }))
  const database = scope.use(await openTestDatabase(inject('databaseUrl')))
  const fleet = new Fleet({ brokers, databaseUrl: database.url, topic: topic.name, partitions })
  const owned = scope.move()
  return { fleet, database, topic, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Waits until a worker's log says last that it has so many partitions. */
async function assigned(worker: Program, count: number): Promise<void> {
  const last = () => {
    const said = worker.stderr.matchAll(/"partitions":\[([\d,]*)\],"msg":"partitions assigned"/g)
    const list = [...said].at(-1)?.[1]
    return list ? list.split(',').length : 0
  }
  await expect.poll(last, { timeout: waitMs }).toBe(count)
}

async function stored(fleet: Fleet): Promise<void> {
  await expect.poll(() => fleet.lag(), { timeout: waitMs }).toBe(0)
}

/** Waits until each partition is stored further than it was. */
async function grows({ url }: TestDatabase): Promise<void> {
  const read = async () =>
    (await readRows<{ us: number }>(url, 'select min(time_us) as us from position'))[0]?.us ?? 0
  const before = await read()
  await expect.poll(read, { timeout: waitMs }).toBeGreaterThan(before)
}

/** What the same events come to in one process without Kafka. */
async function straight(): Promise<Record<string, string>> {
  await using folder = await openFolder()
  await using database = await openTestDatabase(inject('databaseUrl'))
  const path = join(folder.path, 'recording.jsonl')
  await writeFile(path, frames.map(({ bytes }) => bytes.toString()).join('\n'))
  await runProgram(['replay', path], { DATABASE_URL: database.url })
  return await digestDatabase(database.url)
}

function did(frame: (typeof frames)[number] | undefined): string {
  return frame?.bytes.toString().split(',')[0] ?? '?'
}
