/** The Kafka that other tests stand on: what is written survives kills, and the doors that should be shut are. */
import { readFileSync } from 'node:fs'
import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { beforeEach, expect, inject, test } from 'vitest'
import { openTestTopic, sharedKafka } from '../support/kafka.ts'
import { kafkaUnavailable } from '../support/kafka-jars.ts'
import { type KafkaOptions, openKafkaCluster } from '../support/real-kafka.ts'

const unavailable = kafkaUnavailable()
beforeEach((context) => {
  context.skip(unavailable !== null, unavailable ?? undefined)
})

function client(bootstrap: readonly string[]) {
  // A cluster that has just started knows neither the leader of a new topic nor a group's coordinator yet.
  const patience = { retries: 50, retryDelay: 100 }
  return { clientId: 'test', bootstrapBrokers: [...bootstrap], ...patience }
}

async function send(bootstrap: readonly string[], topic: string, text: string): Promise<void> {
  const producer = new Producer({ ...client(bootstrap), acks: -1 })
  await producer.send({ messages: [{ topic, value: Buffer.from(text) }] })
  await producer.close()
}

/** The first so many messages of a topic's only partition. */
async function read(bootstrap: readonly string[], topic: string, count: number): Promise<string[]> {
  const consumer = new Consumer({ ...client(bootstrap), groupId: `read.${topic}` })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
  const texts: string[] = []
  for await (const message of stream) {
    texts.push(String(message.value))
    if (texts.length >= count) break
  }
  await consumer.close(true)
  return texts
}

test('the shared broker stores and gives back', async () => {
  const bootstrap = await sharedKafka(inject('kafkaDoor'))
  await using topic = await openTestTopic(bootstrap)
  await send(bootstrap, topic.name, 'hello')
  expect(await read(bootstrap, topic.name, 1)).toEqual(['hello'])
})

test('a broker keeps its address and what was acknowledged over kills', async () => {
  await using cluster = await openKafkaCluster()
  const [broker] = cluster.brokers
  await using topic = await openTestTopic(cluster.bootstrap)
  const written: string[] = []
  for (const text of ['one', 'two', 'three']) {
    await send(cluster.bootstrap, topic.name, text)
    written.push(text)
    await broker?.kill()
    expect(broker?.running).toBe(false)
    await broker?.start()
    expect(broker?.running).toBe(true)
  }
  expect(await read(cluster.bootstrap, topic.name, 3)).toEqual(written)
})

test('two of three brokers go on without the third', async () => {
  await using cluster = await openKafkaCluster({ brokers: 3 })
  await using topic = await openTestTopic(cluster.bootstrap)
  await using admin = closing(new Admin(client(cluster.bootstrap)))
  const leader = await leaderOf(admin.client, topic.name)
  await cluster.brokers[leader - 1]?.kill()
  await expect.poll(() => leaderOf(admin.client, topic.name), { timeout: 30_000 }).not.toBe(leader)
  const others = cluster.bootstrap.filter((_, index) => index !== leader - 1)
  await send(others, topic.name, 'still here')
  await cluster.brokers[leader - 1]?.start()
  expect(await read(others, topic.name, 1)).toEqual(['still here'])
})

test('a broker with login, TLS and rights lets in who may', async () => {
  const users: KafkaOptions['sasl'] = [
    { username: 'admin', password: 'admin-secret' },
    { username: 'nobody', password: 'nobody-secret' },
  ]
  await using cluster = await openKafkaCluster({ sasl: users, acls: true, tls: true })
  const tls = { ca: readFileSync(cluster.caFile ?? '', 'utf8') }
  await using topic = await openTestTopic(cluster.trusted)
  const as = async (username: string, password: string, mechanism: Mechanism, retries: number) => {
    const login = { sasl: { mechanism, username, password }, tls, retries }
    await using producer = closing(new Producer({ ...client(cluster.bootstrap), ...login }))
    await producer.client.send({ messages: [{ topic: topic.name, value: Buffer.from(mechanism) }] })
  }
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    await as('admin', 'admin-secret', mechanism, 50)
    await expect(as('admin', 'wrong', mechanism, 0)).rejects.toThrow(
      'Cannot connect to any broker.',
    )
    await expect(as('nobody', 'nobody-secret', mechanism, 0)).rejects.toMatchObject({
      errors: [{ apiId: 'TOPIC_AUTHORIZATION_FAILED' }],
    })
  }
  expect(await read(cluster.trusted, topic.name, 3)).toHaveLength(3)
})

type Mechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

async function leaderOf(admin: Admin, topic: string): Promise<number> {
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true })
  return metadata.topics.get(topic)?.partitions[0]?.leader ?? -1
}

function closing<Client extends { close(): Promise<void> }>(
  client: Client,
): AsyncDisposable & { client: Client } {
  return { client, [Symbol.asyncDispose]: () => client.close() }
}
