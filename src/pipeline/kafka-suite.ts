/**
 * Everything that this program asks of Kafka, tried on a real one; what has to be written goes into a topic of its own.
 *
 * Guarantees: the topics of events and positions are only looked at; the topic of the probe is deleted at the end, also when
 * the checks are left before; one that a killed run left behind is deleted by the next.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { type ClusterView, openClusterView } from '../eventlog/kafka/cluster.ts'
import type { KafkaConnection } from '../eventlog/kafka/connection.ts'
import { explainKafka } from '../eventlog/kafka/errors.ts'
import { readKeptPositions } from '../eventlog/kafka/kept-position.ts'
import { describeTopic, positionsTopic } from '../eventlog/kafka/topic.ts'
import type { Check, Finding } from './check.ts'
import { kafkaConnection } from './kafka.ts'
import { measureLatency, tryProbe } from './kafka-probe.ts'

const goneMs = 5_000
const leftOverMs = 3_600_000

/** The checks in order. */
export async function* kafkaChecks(config: Config, signal: AbortSignal): AsyncGenerator<Check> {
  await using scope = new AsyncDisposableStack()
  const topic = config.KAFKA_TOPIC
  const probe = `${topic}.probe-${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`
  const state: { view: ClusterView | null; connection: KafkaConnection | null; made: boolean } = {
    view: null,
    connection: null,
    made: false,
  }
  const view = () => require(state.view)
  const connection = () => require(state.connection)
  let brokers = 1
  scope.defer(async () => {
    if (state.made) await state.view?.deleteTopic(probe).catch(() => undefined)
    await state.view?.[Symbol.asyncDispose]()
  })

  yield {
    name: 'Kafka',
    async run() {
      state.connection = await kafkaConnection(config)
      state.view = openClusterView(state.connection)
      const cluster = await state.view.describe()
      brokers = cluster.brokers.length
      const list = cluster.brokers.map(({ id, address }) => `${id} at ${address}`).join(', ')
      const found = `cluster ${cluster.id}, ${brokers} ${brokers === 1 ? 'broker' : 'brokers'} (${list}), controller ${cluster.controller}, ${describeSecurity(state.connection)}`
      const single =
        'One broker alone: while it is down nothing is read, and losing its disk loses what waits.'
      return { found, advice: brokers < 2 ? [single] : [] }
    },
  }
  yield { name: 'Kafka version', requires: 'Kafka', run: () => checkVersion(view()) }
  yield { name: 'topic', requires: 'Kafka', run: () => checkTopic(connection(), topic) }
  yield { name: 'copies', requires: 'topic', run: () => checkCopies(view(), topic) }
  yield {
    name: 'positions topic',
    requires: 'Kafka',
    run: () => checkPositions(view(), connection(), topic),
  }
  yield { name: 'permissions', requires: 'topic', run: () => checkRights(view(), topic) }
  yield {
    name: 'group',
    requires: 'Kafka',
    run: () => checkGroup(view(), config.KAFKA_GROUP, topic),
  }
  yield {
    name: 'probe topic',
    requires: 'Kafka',
    async run() {
      await deleteLeftovers(view(), topic)
      const replicas = config.KAFKA_REPLICATION || Math.min(3, brokers)
      try {
        await view().createTopic(probe, replicas)
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'KAFKA_REFUSED')) throw error
        return {
          found: 'this user may not create topics: writing and reading are not tried',
          advice: [
            `That is enough where ${topic} and ${positionsTopic(topic)} were made by hand. To try them too, grant create and delete on topics that begin with ${topic}.probe-.`,
          ],
        }
      }
      state.made = true
      return `${probe}, ${replicas} ${replicas === 1 ? 'copy' : 'copies'}`
    },
  }
  if (!state.made) return
  yield {
    name: 'write and read',
    requires: 'probe topic',
    run: () => tryProbe(connection(), probe, config, signal),
  }
  yield {
    name: 'send latency',
    requires: 'write and read',
    run: () => measureLatency(connection(), probe, config, signal),
  }
  yield {
    name: 'Kafka cleanup',
    requires: 'probe topic',
    async run() {
      await view().deleteTopic(probe)
      state.made = false
      const deadlineMs = performance.now() + goneMs
      while ((await view().listTopics()).includes(probe)) {
        if (performance.now() > deadlineMs) {
          throw new AppError('KAFKA_UNFIT', `${probe} is still there after ${goneMs / 1_000} s`, {
            hint: 'Delete it by hand, and look whether delete.topic.enable of the brokers is true.',
          })
        }
        await setTimeout(100, null, { signal })
      }
      return `${probe} is gone`
    },
  }
}

function require<T>(opened: T | null): T {
  if (opened !== null) return opened
  throw new AppError('KAFKA_UNAVAILABLE', 'there is no connection')
}

function describeSecurity({ tls, sasl }: KafkaConnection): string {
  const login = sasl ? `logged in as ${sasl.username} (${sasl.mechanism})` : 'without login'
  return `${tls ? 'TLS' : 'not encrypted'}, ${login}`
}

async function checkVersion(view: ClusterView): Promise<Finding> {
  const { version } = await view.describe()
  if (version?.startsWith('4')) return `speaks as Kafka ${version} or newer`
  return {
    found: version === null ? 'older than Kafka 3.7' : `speaks as Kafka ${version}`,
    advice: ['Kafka 4 is what this program is tested with.'],
  }
}

async function checkTopic(connection: KafkaConnection, topic: string): Promise<Finding> {
  const { partitions, replication, maxMessageBytes, warnings } = await describeTopic(
    connection,
    topic,
  )
  const most =
    maxMessageBytes === null
      ? 'settings may not be read'
      : `messages up to ${maxMessageBytes} bytes`
  return {
    found: `${topic}: ${count(partitions, 'partition')}, ${replication === 1 ? '1 copy' : `${replication} copies`} of each, ${most}`,
    advice: warnings,
  }
}

async function checkCopies(view: ClusterView, topic: string): Promise<Finding> {
  const { partitions, leaderless, incomplete, unwritable, minInSync } = await view.copies(topic)
  if (leaderless.length > 0) {
    const message = `nobody leads partition ${leaderless.join(', ')} of ${topic}`
    throw new AppError('KAFKA_UNAVAILABLE', message, {
      hint: 'Start the brokers that have their copies; events wait meanwhile.',
    })
  }
  if (unwritable.length > 0) {
    const message = `min.insync.replicas is ${minInSync}, and partition ${unwritable.join(', ')} of ${topic} has fewer copies at hand: nothing can be written`
    throw new AppError('KAFKA_UNFIT', message, {
      hint: 'Start the brokers that are away, or lower min.insync.replicas of the topic. ingest waits meanwhile, and loses nothing the source still has.',
    })
  }
  const found = `all ${partitions} partitions have a leader`
  if (incomplete.length === 0) return `${found} and all their copies`
  return {
    found: `${found}, but a copy of partition ${incomplete.join(', ')} is away or behind`,
    advice: ['A broker is away or slow: bring it back before another one goes.'],
  }
}

async function checkPositions(
  view: ClusterView,
  connection: KafkaConnection,
  topic: string,
): Promise<Finding> {
  const name = positionsTopic(topic)
  if (!(await view.listTopics()).includes(name)) {
    throw new AppError('KAFKA_UNFIT', `topic ${name} does not exist or may not be seen`, {
      hint: 'ingest makes it when it starts, if it may; else make it by hand with cleanup.policy=compact and one partition.',
    })
  }
  try {
    const positions = await readKeptPositions(connection, topic)
    const kept = [...positions].map(
      ([ingest, { timeUs }]) => `${ingest} at ${new Date(timeUs / 1_000).toISOString()}`,
    )
    return `${name}: ${kept.length === 0 ? 'nothing was read yet' : kept.join(', ')}`
  } catch (cause) {
    throw explainKafka(cause, `cannot read topic ${name}`)
  }
}

async function checkRights(view: ClusterView, topic: string): Promise<Finding> {
  const rights = await view.rights(topic)
  if (!rights) return 'the brokers do not tell'
  const { read, write } = rights
  if (read && write) return `may read and write ${topic}`
  if (!read && !write) {
    throw new AppError('KAFKA_REFUSED', `may neither read nor write topic ${topic}`, {
      hint: 'ingest needs write, persistence read: grant them to the user of KAFKA_SASL_USERNAME.',
    })
  }
  return write
    ? {
        found: `may write ${topic}, not read it`,
        advice: ['Enough for ingest, not for persistence.'],
      }
    : {
        found: `may read ${topic}, not write it`,
        advice: ['Enough for persistence, not for ingest.'],
      }
}

async function checkGroup(view: ClusterView, group: string, topic: string): Promise<Finding> {
  const described = await view.describeGroup(group, topic).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'KAFKA_REFUSED') return null
    throw error
  })
  if (!described) {
    return {
      found: `may not use group ${group}`,
      advice: ['Enough for ingest; persistence needs Read on the group.'],
    }
  }
  const { coordinator, state, members } = described
  const who =
    state === null ? 'not made yet' : `${state.toLowerCase()}, ${count(members.length, 'member')}`
  return `${group}: coordinated by ${coordinator}, ${who}`
}

/** Topics of runs that were killed. One that was made within the hour may be another's in use. */
async function deleteLeftovers(view: ClusterView, topic: string): Promise<void> {
  for (const name of await view.listTopics()) {
    const [, made] = name.startsWith(`${topic}.probe-`) ? name.split('.probe-') : []
    if (made === undefined) continue
    const madeMs = Number.parseInt(made, 36)
    if (Date.now() - madeMs > leftOverMs) await view.deleteTopic(name).catch(() => undefined)
  }
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
