import { Producer } from '@platformatic/kafka'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { clientOptions, type KafkaConnection } from '../eventlog/kafka/connection.ts'
import { explainKafka } from '../eventlog/kafka/errors.ts'
import { openFetcher } from '../eventlog/kafka/fetcher.ts'
import type { Finding } from './check.ts'
import { quantile } from './quantile.ts'

const probeMessages = 200
const probeBytes = 500
const latencySends = 100
const latencyMs = 3_000
const poorLatencyMs = 100
const readMs = 10_000

/** Sends messages as ingest does and reads them back as persistence does. Throws `AppError` KAFKA_…. */
export async function tryProbe(
  connection: KafkaConnection,
  topic: string,
  config: Config,
  signal: AbortSignal,
): Promise<Finding> {
  const sent = Array.from({ length: probeMessages }, (_, n) => {
    const value = Buffer.alloc(probeBytes, `probe ${n} `)
    return { topic, partition: 0, key: Buffer.from(String(n)), value }
  })
  const started = performance.now()
  await withProducer(connection, config, topic, (producer) => producer.send({ messages: sent }))
  const sentMs = performance.now() - started
  const got: Buffer[] = []
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(readMs)])
  await using fetcher = openFetcher(clientOptions(connection, 'bluesky-analytics-check'), {
    topic,
    partition: 0,
  })
  try {
    for (let offset = 0; got.length < probeMessages && !deadline.aborted; ) {
      const { records, next } = await fetcher.fetch({ offset, maxWaitMs: 500, minBytes: 1 })
      for (const { value } of records) if (value) got.push(value)
      offset = next
    }
  } catch (cause) {
    throw explainKafka(cause, `cannot read topic ${topic}`)
  }
  signal.throwIfAborted()
  const wrong = sent.findIndex(({ value }, index) => !got[index]?.equals(value))
  if (wrong >= 0 || got.length !== probeMessages) {
    throw new AppError(
      'KAFKA_UNFIT',
      `${got.length} of ${probeMessages} messages came back, or others`,
    )
  }
  return `${probeMessages} messages of ${probeBytes} bytes acknowledged in ${Math.round(sentMs)} ms (${config.KAFKA_COMPRESSION}) and read back as they were`
}

/** How long a message takes until every copy has it. Throws `AppError` KAFKA_…. */
export async function measureLatency(
  connection: KafkaConnection,
  topic: string,
  config: Config,
  signal: AbortSignal,
): Promise<Finding> {
  const value = Buffer.alloc(probeBytes, 'latency ')
  const times: number[] = []
  await withProducer(connection, config, topic, async (producer) => {
    await producer.send({ messages: [{ topic, partition: 0, value }] })
    const started = performance.now()
    while (times.length < latencySends && performance.now() - started < latencyMs) {
      signal.throwIfAborted()
      const began = performance.now()
      await producer.send({ messages: [{ topic, partition: 0, value }] })
      times.push(performance.now() - began)
    }
  })
  const at = (part: number) => quantile(times, part)
  const found = `p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms until every copy has it (acks=all), over ${times.length} sends`
  const advice =
    'Every batch waits for that: look at the disks of the brokers and the network between them.'
  return { found, advice: at(0.5) > poorLatencyMs ? [advice] : [] }
}

async function withProducer<T>(
  connection: KafkaConnection,
  config: Config,
  topic: string,
  use: (producer: Producer) => Promise<T>,
): Promise<T> {
  const producer = new Producer({
    ...clientOptions(connection, 'bluesky-analytics-check'),
    idempotent: true,
    retries: 5, // right after a topic is made its leader may not be known yet
    retryDelay: 200,
    compression: config.KAFKA_COMPRESSION,
  })
  try {
    return await use(producer)
  } catch (cause) {
    throw explainKafka(cause, `cannot write to topic ${topic}`)
  } finally {
    await producer.close(true).catch(() => undefined) // a broker that is away needs no farewell
  }
}
