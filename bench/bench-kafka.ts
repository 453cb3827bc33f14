import { Admin } from '@platformatic/kafka'
import { pino } from 'pino'
import type { KafkaConnection } from '../src/eventlog/kafka/connection.ts'
import { prepareTopics, type TopicDescription } from '../src/eventlog/kafka/topic.ts'
import { openKafkaWriter } from '../src/eventlog/kafka/writer.ts'
import { openKafkaCluster } from '../test/support/real-kafka.ts'
import { findJavaChild } from './process-cost.ts'

export const silent = pino({ level: 'silent' })
export const codecs = ['zstd', 'lz4', 'none'] as const
export type Codec = (typeof codecs)[number]
/** As the program makes a topic where nothing else is asked for. */
export const partitions = 6

export interface BenchKafka extends AsyncDisposable {
  readonly connection: KafkaConnection
  readonly brokers: string
  /** Process id of the broker; 0 where it is not known. */
  readonly pid: number
  createTopic(name: string): Promise<TopicDescription>
  deleteTopic(name: string): Promise<void>
  /** Bytes of a topic on the broker's disk. */
  readSize(name: string): Promise<number>
}

/** One real broker with the settings that Kafka has by itself. */
export async function openBenchKafka(): Promise<BenchKafka> {
  await using scope = new AsyncDisposableStack()
  // Workers that start together get their partitions together.
  const properties = { 'group.initial.rebalance.delay.ms': '3000' }
  const cluster = scope.use(await openKafkaCluster({ properties }))
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [...cluster.bootstrap] })
  scope.defer(() => admin.close())
  const pid = (await findJavaChild('kafka.Kafka')) ?? 0
  const connection = { brokers: cluster.bootstrap, tls: null, sasl: null }
  const opened = scope.move()
  return {
    connection,
    brokers: cluster.bootstrap.join(','),
    pid,
    createTopic: (topic) =>
      prepareTopics(connection, { topic, partitions, replication: 1, retentionHours: 24 }),
    deleteTopic: (topic) => admin.deleteTopics({ topics: [topic] }),
    async readSize(name) {
      const all = Array.from({ length: partitions }, (_, partition) => partition)
      const answers = await admin.describeLogDirs({ topics: [{ name, partitions: all }] })
      return answers
        .flatMap(({ results }) => results.flatMap(({ topics }) => topics))
        .flatMap((topic) => topic.partitions.map(({ partitionSize }) => Number(partitionSize)))
        .reduce((sum, bytes) => sum + bytes, 0)
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}

/** The writing side as `ingest` opens it. */
export function openBenchWriter(
  { connection }: BenchKafka,
  topic: TopicDescription,
  compression: Codec,
): ReturnType<typeof openKafkaWriter> {
  return openKafkaWriter({ connection, topic, name: 'bench', compression, logger: silent })
}
