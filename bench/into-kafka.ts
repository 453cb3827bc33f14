import { Readable } from 'node:stream'
import { Producer } from '@platformatic/kafka'
import type { Chunk } from '../src/event/frame.ts'
import { createInProcessLog } from '../src/eventlog/in-process.ts'
import { frameMessage } from '../src/eventlog/kafka/record.ts'
import { pump } from '../src/pipeline/pump.ts'
import { type BenchKafka, type Codec, codecs, openBenchWriter } from './bench-kafka.ts'
import { readCpuSeconds } from './process-cost.ts'
import { type Line, median, perEvent, perSecond } from './table.ts'

const rounds = 2
const maxLogBytes = 8 * 1024 * 1024
const never = new AbortController().signal

interface Written {
  readonly rate: number
  readonly nodeUs: number
  readonly brokerUs: number
  readonly bytes: number
}

/** Chunks of a recording into Kafka, flat out: by the log's writing side, by the bare client, and into memory instead. */
export async function measureIntoKafka(
  kafka: BenchKafka,
  chunks: readonly Chunk[],
): Promise<Line[]> {
  await measure(kafka, chunks, (topic) => writeLog(kafka, topic, 'none', chunks)) // Java compiles
  const memory: number[] = []
  const results = new Map(codecs.map((codec) => [codec, { log: [], client: [] } as Results]))
  for (let round = 0; round < rounds; round++) {
    memory.push(await measureMemory(chunks))
    for (const [codec, { log, client }] of results) {
      client.push(await measure(kafka, chunks, (topic) => writeBare(kafka, topic, codec, chunks)))
      log.push(await measure(kafka, chunks, (topic) => writeLog(kafka, topic, codec, chunks)))
    }
  }
  const lines = [...results].flatMap(([codec, result]) => describe(codec, result))
  return [...lines, ['into the log in memory, nothing stored', perSecond(median(memory))]]
}

interface Results {
  readonly log: Written[]
  readonly client: Written[]
}

function describe(codec: Codec, { log, client }: Results): Line[] {
  const of = (runs: readonly Written[], figure: keyof Written) =>
    median(runs.map((run) => run[figure]))
  const name = codec === 'none' ? 'not compressed' : codec
  const rate = of(log, 'rate')
  const cost = `${perEvent(of(log, 'nodeUs'))}, ${perEvent(of(log, 'brokerUs'))}`
  return [
    [`into Kafka, ${name}`, perSecond(rate), codec === 'none' ? '' : 'at least 60,000 /s'],
    [`client alone, ${name}`, perSecond(of(client, 'rate'))],
    [`part of the client, ${name}`, (rate / of(client, 'rate')).toFixed(2)],
    [`Node CPU, broker CPU, ${name}`, cost],
    [`in the broker, ${name}`, `${Math.round(of(log, 'bytes'))} bytes/event`],
  ]
}

/** What writing costs, from the first event to the last acknowledgement. */
async function measure(
  kafka: BenchKafka,
  chunks: readonly Chunk[],
  prepare: (topic: string) => Promise<Writing>,
): Promise<Written> {
  const topic = `bench.${crypto.randomUUID()}`
  await using writing = await prepare(topic)
  const events = chunks.reduce((sum, { frames }) => sum + frames.length, 0)
  const brokerBefore = await readCpuSeconds(kafka.pid)
  const before = process.cpuUsage()
  const startedMs = performance.now()
  await writing.write()
  const seconds = (performance.now() - startedMs) / 1_000
  const { user, system } = process.cpuUsage(before)
  const brokerSeconds = ((await readCpuSeconds(kafka.pid)) ?? Number.NaN) - (brokerBefore ?? 0)
  const bytes = await kafka.readSize(topic)
  await kafka.deleteTopic(topic)
  return {
    rate: events / seconds,
    nodeUs: (user + system) / events,
    brokerUs: (brokerSeconds / events) * 1e6,
    bytes: bytes / events,
  }
}

interface Writing extends AsyncDisposable {
  write(): Promise<void>
}

async function writeLog(
  kafka: BenchKafka,
  topic: string,
  codec: Codec,
  chunks: readonly Chunk[],
): Promise<Writing> {
  const writer = openBenchWriter(kafka, await kafka.createTopic(topic), codec)
  return {
    async write() {
      await pump({ chunks: () => Readable.from(chunks) }, writer, never)
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  }
}

/** The ceiling: the same messages, made beforehand, sent by the client with nothing of ours between. */
async function writeBare(
  { connection, createTopic }: BenchKafka,
  topic: string,
  codec: Codec,
  chunks: readonly Chunk[],
): Promise<Writing> {
  await createTopic(topic)
  const bootstrapBrokers = [...connection.brokers]
  const options = { clientId: 'bench', bootstrapBrokers, idempotent: true, compression: codec }
  const producer = new Producer(options)
  const sends = chunks.map(({ frames }) => frames.map((frame) => frameMessage(frame, topic)))
  return {
    async write() {
      for (const messages of sends) await producer.send({ messages })
    },
    [Symbol.asyncDispose]: () => producer.close(true),
  }
}

/** Beside it, what a single process does instead. */
async function measureMemory(chunks: readonly Chunk[]): Promise<number> {
  const log = createInProcessLog(maxLogBytes)
  let frames = 0
  const startedMs = performance.now()
  const reading = (async () => {
    const batches = log.read({ from: 0, maxFrames: 5_000, maxWaitMs: 500, signal: never })
    for await (const { chunk, next } of batches) {
      frames += chunk.frames.length
      log.release(next)
    }
  })()
  for (const chunk of chunks) await log.append(chunk, never)
  log.end()
  await reading
  return frames / ((performance.now() - startedMs) / 1_000)
}
