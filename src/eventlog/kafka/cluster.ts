import { Admin, FindCoordinatorKeyTypes, metadataV12 } from '@platformatic/kafka'
import { clientOptions, type KafkaConnection } from './connection.ts'
import { explainKafka, hasApiId } from './errors.ts'
import { readTopicSettings } from './topic-settings.ts'

/** What may be done to a topic, as far as this program needs it. */
export interface TopicRights {
  readonly read: boolean
  readonly write: boolean
  readonly describe: boolean
  readonly describeConfigs: boolean
}

/** How safe what is sent to a topic would be now. */
export interface TopicCopies {
  readonly partitions: number
  /** Partitions that no broker leads: neither read nor written. */
  readonly leaderless: readonly number[]
  /** Partitions with a copy that is away or behind. */
  readonly incomplete: readonly number[]
  /** Partitions with fewer copies at hand than `minInSync`: nothing is acknowledged. */
  readonly unwritable: readonly number[]
  /** min.insync.replicas; null where this user may not ask. */
  readonly minInSync: number | null
}

export interface ClusterDescription {
  readonly id: string
  readonly brokers: readonly { readonly id: number; readonly address: string }[]
  readonly controller: number
  /** The least version of Kafka that speaks the protocol so, as `4.1`; null for one that is too old to tell. */
  readonly version: string | null
}

export interface GroupDescription {
  /** host:port of the broker that coordinates it. */
  readonly coordinator: string
  /** As Kafka says it, `STABLE` or `EMPTY` for example; null where there is no such group yet. */
  readonly state: string | null
  readonly members: readonly GroupMember[]
}

export interface GroupMember {
  readonly id: string
  readonly host: string
  readonly partitions: readonly number[]
}

/** Looks at a cluster for those who ask how it is. Each method throws `AppError` KAFKA_…. */
export interface ClusterView extends AsyncDisposable {
  describe(): Promise<ClusterDescription>
  /** What the user may do with a topic, or null where it does not exist or cannot be seen. */
  rights(topic: string): Promise<TopicRights | null>
  copies(topic: string): Promise<TopicCopies>
  describeGroup(group: string, topic: string): Promise<GroupDescription>
  listTopics(): Promise<string[]>
  createTopic(topic: string, replicas: number): Promise<void>
  deleteTopic(topic: string): Promise<void>
}

/** Opens nothing yet. */
export function openClusterView(connection: KafkaConnection): ClusterView {
  // A broker that is just starting, or a topic that was just made, is worth a second question.
  const options = clientOptions(connection, 'bluesky-analytics-check')
  const admin = new Admin({ ...options, retries: 3, retryDelay: 200 })
  const at = connection.brokers.join(', ')
  const explained = async <T>(attempt: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (cause) {
      throw explainKafka(cause, attempt)
    }
  }
  return {
    describe: () =>
      explained(`cannot reach Kafka at ${at}`, async () => {
        const { id, brokers, controllerId } = await admin.metadata({ forceUpdate: true })
        const apis = await admin.listApis()
        return {
          id,
          brokers: [...brokers].map(([id, { host, port }]) => ({ id, address: `${host}:${port}` })),
          controller: controllerId,
          version: guessVersion(
            new Map(apis.map(({ apiKey, maxVersion }) => [apiKey, maxVersion])),
          ),
        }
      }),
    rights: (topic) =>
      explained(`cannot ask for permissions on topic ${topic}`, async () => {
        const [connected] = (await admin.connectToBrokers()).values()
        if (!connected) return null
        try {
          const { topics } = await metadataV12.api.async(connected, [topic], false, true)
          const [found] = topics
          return found?.errorCode === 0 ? readRights(found.topicAuthorizedOperations) : null
        } catch (error) {
          const unseen = ['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED']
          if (unseen.some((apiId) => hasApiId(error, apiId))) return null
          throw error
        }
      }),
    copies: (topic) =>
      explained(`cannot look at topic ${topic}`, async () => {
        const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
        const settings = await readTopicSettings(admin, topic)
        const minInSync = settings && Number(settings.get('min.insync.replicas') ?? 1)
        const partitions = topics.get(topic)?.partitions ?? []
        const numbersOf = (isSo: (partition: (typeof partitions)[number]) => boolean) =>
          [...partitions.entries()].filter(([, one]) => isSo(one)).map(([number]) => number)
        return {
          partitions: partitions.length,
          leaderless: numbersOf(({ leader }) => leader < 0),
          incomplete: numbersOf(({ isr, replicas }) => isr.length < replicas.length),
          // Of more copies than there are none can be asked.
          unwritable: numbersOf(
            ({ isr, replicas }) => isr.length < Math.min(minInSync ?? 1, replicas.length),
          ),
          minInSync,
        }
      }),
    describeGroup: (group, topic) =>
      explained(`cannot use group ${group}`, async () => {
        const [coordinator] = await admin.findCoordinator({
          keyType: FindCoordinatorKeyTypes.GROUP,
          keys: [group],
        })
        const found = (await admin.describeGroups({ groups: [group] })).get(group)
        const dead = !found || String(found.state).toUpperCase() === 'DEAD'
        return {
          coordinator: coordinator ? `${coordinator.host}:${coordinator.port}` : 'unknown',
          state: dead ? null : found.state,
          members: [...(found?.members.values() ?? [])].map(({ id, clientHost, assignments }) => ({
            id,
            host: clientHost.replace(/^\//, ''),
            partitions: assignments?.get(topic)?.partitions ?? [],
          })),
        }
      }),
    listTopics: () =>
      explained(`cannot list topics at ${at}`, () => admin.listTopics({ includeInternals: false })),
    createTopic: (topic, replicas) =>
      explained(`cannot create topic ${topic}`, async () => {
        await admin.createTopics({ topics: [topic], partitions: 1, replicas })
      }),
    deleteTopic: (topic) =>
      explained(`cannot delete topic ${topic}`, () => admin.deleteTopics({ topics: [topic] })),
    [Symbol.asyncDispose]: () => admin.close(),
  }
}

const produceKey = 0
const shareGroupOffsetsKey = 90

/** No broker says its version; these steps of its protocol came with certain ones. @see https://kafka.apache.org/protocol */
function guessVersion(maxVersions: ReadonlyMap<number, number>): string | null {
  const produce = maxVersions.get(produceKey) ?? 0
  if (produce >= 13 || maxVersions.has(shareGroupOffsetsKey)) return '4.1'
  if (produce >= 12) return '4.0'
  if (produce >= 11) return '3.8'
  return produce >= 10 ? '3.7' : null
}

/** Bits of the protocol's AclOperation. */
function readRights(bits: number): TopicRights {
  const has = (operation: number) => (bits & (1 << operation)) !== 0
  return { read: has(3), write: has(4), describe: has(8), describeConfigs: has(10) }
}
