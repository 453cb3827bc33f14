import { Admin } from '@platformatic/kafka'
import { pino } from 'pino'
import type { Frame, Position } from '../../src/event/frame.ts'
import { readEndOffsets } from '../../src/eventlog/kafka/end-offsets.ts'
import { readKeptPositions } from '../../src/eventlog/kafka/kept-position.ts'
import { prepareTopics } from '../../src/eventlog/kafka/topic.ts'
import { openKafkaWriter } from '../../src/eventlog/kafka/writer.ts'
import { readRows } from './database-state.ts'
import { Program } from './program.ts'

export interface FleetOptions {
  readonly brokers: readonly string[]
  readonly databaseUrl: string
  readonly topic: string
  readonly partitions: number
  /** Further settings, such as JETSTREAM_URL. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The processes of a fleet on one topic and one database, each started as a user does. */
export class Fleet {
  readonly #options: FleetOptions
  readonly settings: Readonly<Record<string, string>>

  constructor(options: FleetOptions) {
    this.#options = options
    this.settings = {
      KAFKA_BROKERS: options.brokers.join(','),
      KAFKA_TOPIC: options.topic,
      KAFKA_GROUP: options.topic,
      KAFKA_PARTITIONS: String(options.partitions),
      DATABASE_URL: options.databaseUrl,
      OPS_PORT: '0',
      LOG_LEVEL: 'info',
      ...options.settings,
    }
  }

  ingest(settings: Readonly<Record<string, string>> = {}): Program {
    return new Program(['ingest', '--json'], { ...this.settings, ...settings })
  }

  worker(settings: Readonly<Record<string, string>> = {}): Program {
    return new Program(['persistence', '--json'], { ...this.settings, ...settings })
  }

  /** Puts frames into the topic, as an ingest does, and waits until they are acknowledged. */
  async append(frames: readonly Frame[]): Promise<void> {
    const { brokers, topic, partitions } = this.#options
    const connection = { brokers, tls: null, sasl: null }
    const wish = { topic, partitions, replication: 0, retentionHours: 24 }
    await using writer = openKafkaWriter({
      connection,
      topic: await prepareTopics(connection, wish),
      name: 'test',
      compression: 'zstd',
      logger: pino({ level: 'silent' }),
    })
    await writer.append({ frames, gaps: [] }, new AbortController().signal)
  }

  /** How far an ingest knows that its events are in Kafka. */
  async ingestedPosition(name = 'ingest'): Promise<Position | undefined> {
    const { brokers, topic } = this.#options
    const positions = await readKeptPositions({ brokers, tls: null, sasl: null }, topic)
    return positions.get(name)
  }

  /** The same as a sequence number, 0 before the first. */
  async ingestedSeq(name = 'ingest'): Promise<number> {
    return (await this.ingestedPosition(name))?.seq ?? 0
  }

  /** How many brokers have every event of the partition that fewest have. */
  async leastCopies(): Promise<number> {
    const { brokers, topic } = this.#options
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...brokers] })
    try {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
      return Math.min(...(topics.get(topic)?.partitions.map(({ isr }) => isr.length) ?? [0]))
    } finally {
      await admin.close()
    }
  }

  /** Where each partition ends. */
  async ends(): Promise<ReadonlyMap<number, number>> {
    const { brokers, topic } = this.#options
    return await readEndOffsets({ brokers, tls: null, sasl: null }, topic)
  }

  /** Messages in Kafka that no worker has stored. */
  async lag(): Promise<number> {
    const { brokers, topic } = this.#options
    const ends = await readEndOffsets({ brokers, tls: null, sasl: null }, topic)
    const stored = await this.offsets()
    return [...ends].reduce((sum, [part, end]) => sum + end - (stored.get(part) ?? 0), 0)
  }

  /** Where each partition is stored up to. */
  async offsets(): Promise<ReadonlyMap<number, number>> {
    const { databaseUrl, topic } = this.#options
    const rows = await readRows<{ part: number; next: number }>(
      databaseUrl,
      `select part, coalesce(next_offset, 0) as next from position where source = $1`,
      [`kafka:${topic}`],
    )
    return new Map(rows.map(({ part, next }) => [part, next]))
  }
}
