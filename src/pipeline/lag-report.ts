import type { Config } from '../config.ts'
import type { Pool } from '../db/pool.ts'
import { sql } from '../db/sql.ts'
import { openClusterView } from '../eventlog/kafka/cluster.ts'
import { readEndOffsets } from '../eventlog/kafka/end-offsets.ts'
import { describeTopic } from '../eventlog/kafka/topic.ts'
import { lagMsOf, lagOf } from '../read/lag.ts'
import { goesOn } from './goes-on.ts'
import { kafkaConnection, kafkaSourceName } from './kafka.ts'

/** How far one partition of the log, or one source without a log, is stored. */
export interface PartitionLag {
  readonly source: string
  readonly partition: number
  /** Offset to store next; null before the first, and without Kafka. */
  readonly storedOffset: number | null
  /** Offset that the next event will get; null without Kafka. */
  readonly endOffset: number | null
  /** Events that wait to be stored; null without Kafka. */
  readonly lag: number | null
  /** Age of its newest stored event, ms; 0 where nothing waits, null before the first. */
  readonly lagMs: number | null
  /** Who stores it, as the consumer group has it; null where nobody does, or nobody knows. */
  readonly owner: string | null
}

export interface LagReport {
  /** True where events come through Kafka. */
  readonly kafka: boolean
  readonly partitions: readonly PartitionLag[]
  /** Events that wait in all partitions; null without Kafka. */
  readonly lag: number | null
  /** The longest that any partition is behind, ms; null where nothing is stored yet. */
  readonly lagMs: number | null
}

interface Stored {
  readonly source: string
  readonly partition: number
  readonly nextOffset: number | null
  readonly timeUs: number | null
}

/**
 * How far storing is behind: by offsets where Kafka is configured, else by the time of the newest event. Throws `AppError`
 * DATABASE_… and KAFKA_….
 */
export async function readLag(config: Config, db: Pool): Promise<LagReport> {
  const stored = await db.query<Stored>(sql`
    select source as "source", part as "partition", next_offset as "nextOffset", nullif(time_us, 0) as "timeUs"
    from position
    where ${goesOn}
    order by source, part`)
  const kafka = config.KAFKA_BROKERS.length > 0
  const partitions = kafka ? await withKafka(config, stored) : stored.map(withoutKafka)
  const lags = partitions.flatMap(({ lag }) => (lag === null ? [] : [lag]))
  const ages = partitions.flatMap(({ lagMs }) => (lagMs === null ? [] : [lagMs]))
  return {
    kafka,
    partitions,
    lag: kafka ? lags.reduce((sum, lag) => sum + lag, 0) : null,
    lagMs: ages.length === 0 ? null : Math.max(...ages),
  }
}

function withoutKafka(stored: Stored): PartitionLag {
  const { source, partition, nextOffset } = stored
  return {
    source,
    partition,
    storedOffset: nextOffset,
    endOffset: null,
    lag: null,
    lagMs: lagMsOf(stored, null, Date.now()),
    owner: null,
  }
}

async function withKafka(config: Config, stored: readonly Stored[]): Promise<PartitionLag[]> {
  const topic = config.KAFKA_TOPIC
  const source = kafkaSourceName(topic)
  const connection = await kafkaConnection(config)
  const { partitions } = await describeTopic(connection, topic)
  const ends = await readEndOffsets(connection, topic)
  const owners = await readOwners(config, topic)
  const known = new Map(
    stored.filter((row) => row.source === source).map((row) => [row.partition, row]),
  )
  return Array.from({ length: partitions }, (_, partition): PartitionLag => {
    const upTo = known.get(partition) ?? { nextOffset: null, timeUs: null }
    const endOffset = ends.get(partition) ?? 0
    const lag = lagOf(upTo, endOffset)
    return {
      source,
      partition,
      storedOffset: upTo.nextOffset,
      endOffset,
      lag,
      lagMs: lagMsOf(upTo, lag, Date.now()),
      owner: owners.get(partition) ?? null,
    }
  })
}

/** Empty where this user may not look at the group: who stores what is good to know, no more. */
async function readOwners(config: Config, topic: string): Promise<ReadonlyMap<number, string>> {
  await using view = openClusterView(await kafkaConnection(config))
  const owners = new Map<number, string>()
  const group = await view.describeGroup(config.KAFKA_GROUP, topic).catch(() => null)
  for (const { id, host, partitions } of group?.members ?? []) {
    // Ids are the client's name and a random UUID, of which the beginning tells members apart.
    const short = id.replace(/^.*?-(?=[0-9a-f]{8}-)/, '').slice(0, 8)
    for (const partition of partitions) owners.set(partition, `${short} on ${host}`)
  }
  return owners
}
