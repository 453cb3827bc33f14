import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Admin } from '@platformatic/kafka'
import { expect } from 'vitest'
import type { TestProject } from 'vitest/node'
import { kafkaUnavailable } from './kafka-jars.ts'
import { type KafkaCluster, openKafkaCluster } from './real-kafka.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where `sharedKafka` asks for the run's broker. */
    kafkaDoor: string
  }
}

/**
 * Vitest global setup: one broker for the whole run, without login. It is started when a test first asks, so that runs
 * without Kafka do not wait for one.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let cluster: Promise<KafkaCluster> | null = null
  const door = createServer((_request, response) => {
    const unavailable = kafkaUnavailable()
    cluster ??= unavailable ? Promise.reject(new Error(unavailable)) : openKafkaCluster()
    cluster.then(
      ({ bootstrap }) => response.end(JSON.stringify(bootstrap)),
      (error: unknown) => response.writeHead(503).end(String(error)),
    )
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const { port } = door.address() as AddressInfo
  project.provide('kafkaDoor', `http://127.0.0.1:${port}`)
  return async () => {
    door.close()
    door.closeAllConnections()
    const opened = await cluster?.catch(() => null)
    await opened?.[Symbol.asyncDispose]()
  }
}

/**
 * The run's broker: the host:port list for clients. Files that stop or configure brokers open their own cluster.
 * @param door `inject('kafkaDoor')`
 */
export async function sharedKafka(door: string): Promise<string[]> {
  const response = await fetch(door)
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as string[]
}

export interface TestTopic extends AsyncDisposable {
  readonly name: string
  /** Deletes it and makes it anew, empty. */
  remake(): Promise<void>
}

/** A topic of its own, deleted at the end of the scope. `configs` are its settings, as `retention.ms`. */
export async function openTestTopic(
  bootstrap: readonly string[],
  options: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
): Promise<TestTopic> {
  const name = `test.${randomBytes(6).toString('hex')}`
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...bootstrap] })
  const configs = Object.entries(options.configs ?? {}).map(([name, value]) => ({ name, value }))
  const make = () =>
    admin.createTopics({ topics: [name], partitions: options.partitions ?? 1, configs })
  await make()
  return {
    name,
    async remake() {
      await admin.deleteTopics({ topics: [name] })
      // The name is free a moment after the topic is gone.
      await expect.poll(make, { timeout: 10_000, interval: 100 }).toHaveLength(1)
    },
    async [Symbol.asyncDispose]() {
      await admin.deleteTopics({ topics: [name] })
      await admin.close()
    },
  }
}
