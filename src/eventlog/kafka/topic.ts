import { setTimeout } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import { clientOptions, type KafkaConnection } from './connection.ts'
import { explainKafka, hasApiId, isMissingTopic } from './errors.ts'
import { findRisks, maxMessageBytes } from './topic-risks.ts'
import { readTopicSettings } from './topic-settings.ts'

export interface TopicOptions {
  readonly topic: string
  readonly partitions: number
  /** Copies of each partition; 0 for as many as there are brokers, at most 3. */
  readonly replication: number
  readonly retentionHours: number
}

/** A topic as it is. */
export interface TopicDescription {
  readonly topic: string
  /** What Kafka named it when it was made: another topic of the same name has another. */
  readonly id: string
  readonly partitions: number
  readonly replication: number
  /** Most bytes of one batch of messages, or null where the broker does not tell. */
  readonly maxMessageBytes: number | null
  /** One sentence for each setting that can lose data, or that stops what cannot wait. */
  readonly warnings: readonly string[]
}

const hourMs = 3_600_000
const maxTries = 20
const retryMs = 250

/** Name of the topic that keeps how far each ingest has read. */
export function positionsTopic(topic: string): string {
  return `${topic}.positions`
}

/**
 * Makes the topic of events and the one of positions where they are missing, and says what the first is like. Throws
 * `AppError` KAFKA_….
 */
export async function prepareTopics(
  connection: KafkaConnection,
  options: TopicOptions,
): Promise<TopicDescription> {
  const { topic, partitions, retentionHours } = options
  await using admin = openAdmin(connection)
  try {
    const present = new Set(await admin.client.listTopics({ includeInternals: false }))
    const replicas = await chooseReplication(admin.client, options.replication)
    const durable = { 'min.insync.replicas': String(Math.max(1, replicas - 1)) }
    if (!present.has(topic)) {
      await create(admin.client, topic, partitions, replicas, {
        ...durable,
        'cleanup.policy': 'delete',
        'retention.ms': String(retentionHours * hourMs),
        'max.message.bytes': String(maxMessageBytes),
        'unclean.leader.election.enable': 'false',
        // When it was sent, not when it was received: retention then keeps what waits to be stored.
        'message.timestamp.type': 'LogAppendTime',
      })
    }
    if (!present.has(positionsTopic(topic))) {
      await create(admin.client, positionsTopic(topic), 1, replicas, {
        ...durable,
        'cleanup.policy': 'compact',
        'unclean.leader.election.enable': 'false',
      })
    }
    await untilKnown(() => admin.client.metadata({ topics: [positionsTopic(topic)] }))
    const found = await untilKnown(() => inspect(admin.client, topic))
    if (found.partitions === partitions) return found
    const other = `it has ${found.partitions} partitions, and not ${partitions} as KAFKA_PARTITIONS says, which counts only when it is made`
    return { ...found, warnings: [...found.warnings, other] }
  } catch (cause) {
    throw explainKafka(cause, `cannot use topic ${topic} at ${connection.brokers.join(', ')}`)
  }
}

/** What a topic is like. Throws `AppError` `KAFKA_UNFIT` where it does not exist, and others of KAFKA_…. */
export async function describeTopic(
  connection: KafkaConnection,
  topic: string,
): Promise<TopicDescription> {
  await using admin = openAdmin(connection)
  try {
    return await inspect(admin.client, topic)
  } catch (cause) {
    throw explainKafka(cause, `cannot look at topic ${topic} at ${connection.brokers.join(', ')}`)
  }
}

/** A topic that was made this moment, perhaps by another process, is known to all brokers a little later. */
export async function untilKnown<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (!isMissingTopic(error) || tries === maxTries) throw error
    }
    await setTimeout(retryMs)
  }
}

function openAdmin(connection: KafkaConnection): { client: Admin } & AsyncDisposable {
  // Right after a topic is made its leaders may not be known yet: these few calls may be repeated.
  const options = clientOptions(connection, 'bluesky-analytics-admin')
  const client = new Admin({ ...options, retries: 5, retryDelay: 300 })
  return { client, [Symbol.asyncDispose]: () => client.close() }
}

async function chooseReplication(admin: Admin, wanted: number): Promise<number> {
  if (wanted > 0) return wanted
  const { brokers } = await admin.metadata({})
  return Math.min(3, Math.max(1, brokers.size))
}

async function create(
  admin: Admin,
  topic: string,
  partitions: number,
  replicas: number,
  configs: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await admin.createTopics({
      topics: [topic],
      partitions,
      replicas,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    })
  } catch (error) {
    if (!hasApiId(error, 'TOPIC_ALREADY_EXISTS')) throw error // two processes may start at once
  }
}

async function inspect(admin: Admin, topic: string): Promise<TopicDescription> {
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true })
  const found = metadata.topics.get(topic)
  const partitions = found?.partitionsCount ?? 0
  const replication = Math.min(...(found?.partitions.map(({ replicas }) => replicas.length) ?? [0]))
  const settings = await readTopicSettings(admin, topic)
  return {
    topic,
    id: found?.id ?? '',
    partitions,
    replication,
    maxMessageBytes: settings ? Number(settings.get('max.message.bytes')) : null,
    warnings: settings ? findRisks(settings, replication, metadata.brokers.size) : [],
  }
}
