import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Chunk } from '../src/event/frame.ts'
import { kafkaUnavailable } from '../test/support/kafka-jars.ts'
import { openBenchDatabase } from './bench-database.ts'
import { type BenchKafka, openBenchKafka, openBenchWriter } from './bench-kafka.ts'
import { measureIntoKafka } from './into-kafka.ts'
import { measureLatency } from './latency.ts'
import { type FilledTopic, measureOutOfKafka } from './out-of-kafka.ts'
import { findRecording, readChunks } from './recording.ts'
import { type Line, printTable } from './table.ts'

/** Into Kafka, from Kafka to PostgreSQL, and how late a row is, each beside the path of a single process. */
export async function benchKafka(): Promise<void> {
  const unavailable = kafkaUnavailable()
  if (unavailable) throw new Error(unavailable)
  const dataDir = await mkdtemp(join(tmpdir(), 'bluesky-analytics-bench-'))
  try {
    const { path, what } = await findRecording(dataDir)
    const chunks = await readChunks(path)
    await using kafka = await openBenchKafka()
    await using database = await openBenchDatabase(dataDir)
    const lines: Line[] = []
    console.error(`${what}; medians`)
    console.error('into Kafka, about half a minute')
    lines.push(...(await measureIntoKafka(kafka, chunks)))
    console.error('from Kafka to PostgreSQL, about two minutes')
    const topic = await fill(kafka, chunks)
    lines.push(...(await measureOutOfKafka(kafka, database, topic, path)))
    await kafka.deleteTopic(topic.name)
    console.error('latency, about two minutes')
    lines.push(...(await measureLatency(kafka, database, chunks)))
    printTable(lines)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function fill(kafka: BenchKafka, chunks: readonly Chunk[]): Promise<FilledTopic> {
  const name = 'bench.filled'
  await using writer = openBenchWriter(kafka, await kafka.createTopic(name), 'zstd')
  let events = 0
  for (const chunk of chunks) {
    await writer.append(chunk, new AbortController().signal)
    events += chunk.frames.length
  }
  return { name, events }
}
