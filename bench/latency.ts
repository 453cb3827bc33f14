import { setTimeout } from 'node:timers/promises'
import type { Chunk } from '../src/event/frame.ts'
import { type FakeJetstream, openFakeJetstream } from '../test/support/fake-jetstream.ts'
import { type BenchDatabase, onFreshSchema } from './bench-database.ts'
import type { BenchKafka } from './bench-kafka.ts'
import { BenchProgram } from './bench-program.ts'
import { markerOf, watchMarkers } from './markers.ts'
import type { Line } from './table.ts'

const rates = [500, 1_500] as const
const warmUpMs = 5_000
const measuredMs = 20_000
const tickMs = 10
/** Of each second's events so many are watched. */
const markersPerSecond = 50
const persistenceWorkers = 2

/**
 * How long after a frame is sent to the program its row can be seen, at a steady rate: through `ingest`, Kafka and two
 * `persistence`, and through a `start` that has no Kafka. The host is a local one that sends the recording.
 */
export async function measureLatency(
  kafka: BenchKafka,
  database: BenchDatabase,
  chunks: readonly Chunk[],
): Promise<Line[]> {
  const frames = chunks.flatMap(({ frames }) => frames)
  const events = frames.map(({ bytes }) => bytes.toString())
  const lines: Line[] = []
  for (const rate of rates) {
    for (const path of ['in-process', 'Kafka'] as const) {
      const measured = await onFreshSchema(database.url, async () => {
        await using host = await openFakeJetstream()
        await using programs = new AsyncDisposableStack()
        const settings = { DATABASE_URL: database.url, JETSTREAM_URL: host.url, OPS_PORT: '0' }
        if (path === 'Kafka') await startFleet(programs, settings, kafka)
        else programs.use(new BenchProgram(['start', '--json'], { ...settings, PORT: '0' }))
        await host.connection(1)
        return await measure(host, database, events, rate)
      })
      const wanted = path === 'Kafka' && rate === 1_500 ? 'p99 under 1,500 ms' : ''
      const [p50, p99] = [quantile(measured, 0.5), quantile(measured, 0.99)]
      const name = path === 'Kafka' ? 'through Kafka' : 'in one process'
      lines.push([
        `frame received to row visible, ${rate.toLocaleString('en')} /s, ${name}`,
        `p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`,
        wanted,
      ])
    }
  }
  return lines
}

/** Resolves when the workers have their partitions. */
async function startFleet(
  programs: AsyncDisposableStack,
  settings: Readonly<Record<string, string>>,
  kafka: BenchKafka,
): Promise<void> {
  const topic = `bench.${crypto.randomUUID()}`
  const fleet = {
    ...settings,
    KAFKA_BROKERS: kafka.brokers,
    KAFKA_TOPIC: topic,
    KAFKA_GROUP: topic,
    LOG_LEVEL: 'info',
  }
  await kafka.createTopic(topic)
  programs.defer(() => kafka.deleteTopic(topic))
  const workers = Array.from({ length: persistenceWorkers }, () =>
    programs.use(new BenchProgram(['persistence', '--json'], fleet)),
  )
  while (!workers.every((worker) => worker.loggedMs('partitions assigned') !== null)) {
    for (const worker of workers) worker.requireRunning()
    await setTimeout(tickMs)
  }
  programs.use(new BenchProgram(['ingest', '--json'], fleet))
}

/** Latencies in ms of the events that were watched, the first seconds left out. */
async function measure(
  host: FakeJetstream,
  { url }: BenchDatabase,
  events: readonly string[],
  rate: number,
): Promise<number[]> {
  await using watching = await watchMarkers(url)
  const startedMs = performance.now()
  let sent = 0
  let marked = 0
  for (;;) {
    const sinceMs = performance.now() - startedMs
    if (sinceMs > warmUpMs + measuredMs) break
    const due = Math.floor((sinceMs / 1_000) * rate)
    for (; sent < due; sent++) {
      const event = events[sent % events.length] ?? ''
      host.append(event)
      const marker = sent >= (marked * rate) / markersPerSecond ? markerOf(event) : null
      if (!marker) continue
      marked += 1
      if (sinceMs > warmUpMs) watching.add(marker)
    }
    await setTimeout(tickMs)
  }
  return await watching.seen()
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
