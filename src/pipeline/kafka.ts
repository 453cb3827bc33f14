import { readFile } from 'node:fs/promises'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import type { KafkaConnection } from '../eventlog/kafka/connection.ts'
import { readEndOffsets } from '../eventlog/kafka/end-offsets.ts'
import type { TopicOptions } from '../eventlog/kafka/topic.ts'
import { remember } from '../read/remember.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { StatusBoard } from './status-board.ts'
import type { Waiting } from './until-available.ts'

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
      mechanism === ''
        ? null
        : {
            mechanism,
            username: config.KAFKA_SASL_USERNAME,
            password: config.KAFKA_SASL_PASSWORD,
          },
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

/** How a role waits for Kafka at its start: a broker may come up later, or be away for a while. */
export function waitingForKafka(options: {
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly board: StatusBoard
}): Waiting {
  const { signal, logger, board } = options
  return {
    signal,
    onTrouble({ message, hint }, waitMs) {
      logger.warn({ error: message, hint, waitMs }, 'Kafka is away; trying again')
      board.set('eventlog', 'down', `${message}; trying again`)
    },
  }
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

const endsKeptMs = 5_000

/** Asks the brokers, at most every 5 s, how long each partition of the topic is. */
export function createEndOffsets(config: Config): () => Promise<ReadonlyMap<number, number>> {
  return remember(endsKeptMs, Date.now, async () =>
    readEndOffsets(await kafkaConnection(config), config.KAFKA_TOPIC),
  )
}
