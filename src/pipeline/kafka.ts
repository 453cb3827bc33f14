import { readFile } from 'node:fs/promises'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import type { KafkaConnection } from '../eventlog/kafka/connection.ts'
import type { TopicOptions } from '../eventlog/kafka/topic.ts'

/** How to reach the Kafka that is configured. Throws `AppError` `KAFKA_MISSING` without one, `CONFIG_INVALID`. */
export async function kafkaConnection(config: Config): Promise<KafkaConnection> {
  if (config.KAFKA_BROKERS.length === 0) {
    throw new AppError('KAFKA_MISSING', 'KAFKA_BROKERS is not set', {
      hint: 'Set it to the brokers of an Apache Kafka, such as localhost:9092. Without Kafka, `bluesky-analytics start` reads and stores in one process.',
    })
  }
  const mechanism = config.KAFKA_SASL_MECHANISM
  return {
    brokers: config.KAFKA_BROKERS,
    tls: config.KAFKA_SSL ? await readAuthority(config.KAFKA_SSL_CA) : null,
    sasl:
      (mechanism && {
        mechanism,
        username: config.KAFKA_SASL_USERNAME,
        password: config.KAFKA_SASL_PASSWORD,
      }) ||
      null,
  }
}

/** What the topic of events is to be like. */
export function topicOptions(config: Config): TopicOptions {
  return {
    topic: config.KAFKA_TOPIC,
    partitions: config.KAFKA_PARTITIONS,
    replication: config.KAFKA_REPLICATION,
    retentionHours: config.KAFKA_RETENTION_HOURS,
  }
}

/** Name under which the positions of what comes through a topic are kept in the database. */
export function kafkaSourceName(topic: string): string {
  return `kafka:${topic}`
}

async function readAuthority(path: string): Promise<{ ca?: string }> {
  if (path === '') return {}
  try {
    return { ca: await readFile(path, 'utf8') }
  } catch (cause) {
    throw new AppError(
      'CONFIG_INVALID',
      `KAFKA_SSL_CA=${JSON.stringify(path)} cannot be read: ${(cause as Error).message}`,
      { cause, hint: 'Name the file (PEM) with the certificate that signed those of the brokers.' },
    )
  }
}
