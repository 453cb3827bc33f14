import { randomBytes } from 'node:crypto'
import { Admin, Consumer } from '@platformatic/kafka'
import { pino } from 'pino'
import { describe, expect, inject, test } from 'vitest'
import type { Gap } from '../../src/event/frame.ts'
import type { LogBatch } from '../../src/eventlog/eventlog.ts'
import { joinGroup } from '../../src/eventlog/kafka/group.ts'
import { readKeptPositions } from '../../src/eventlog/kafka/kept-position.ts'
import { openKafkaReader } from '../../src/eventlog/kafka/reader.ts'
import { describeTopic, positionsTopic, prepareTopics } from '../../src/eventlog/kafka/topic.ts'
import { openKafkaWriter } from '../../src/eventlog/kafka/writer.ts'
import {
  chunkOf,
  describeEventLog,
  never,
  numbers,
  type OpenedLog,
  readFrames,
} from '../support/eventlog-contract.ts'
import { openTestTopic, sharedKafka } from '../support/kafka.ts'
import { openKafkaCluster } from '../support/real-kafka.ts'

const logger = pino({ level: 'silent' })

describeEventLog('Kafka log', async () => {
  const brokers = await sharedKafka(inject('kafkaDoor'))
  return await openLog(brokers)
})

describe('Kafka log', () => {
  test('keeps the position of what was acknowledged, and tells each partition', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using log = await openLog(brokers)
    await log.writer.append(chunkOf([7]), never)
    const batches: LogBatch[] = []
    const reading = log.reader.read({ from: 0, maxFrames: 10, maxWaitMs: 20, signal: never })
    for await (const batch of reading) {
      batches.push(batch)
      if (batch.watermark) break
    }
    const position = { host: 'h', wire: 'v1', seq: 7, timeUs: 7, epoch: 0 }
    expect(batches.at(-1)?.watermark).toEqual(position)
    const kept = await readKeptPositions(log.connection, log.topic)
    expect(Object.fromEntries(kept)).toEqual({ contract: position })
  })

  test('closing keeps the last position', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using topic = await openTestTopic(brokers)
    const { topic: name, connection } = await (async () => {
      await using log = await openLog(brokers, topic.name)
      await log.writer.append(chunkOf([1, 2, 3]), never)
      return log
    })()
    expect((await readKeptPositions(connection, name)).get('contract')?.seq).toBe(3)
  })

  test('an ingest whose position cannot be kept any more stops, and says why', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using log = await openLog(brokers)
    await log.writer.append(chunkOf([1]), never)
    await using admin = closing(new Admin({ clientId: 'test', bootstrapBrokers: brokers }))
    await admin.client.deleteTopics({ topics: [positionsTopic(log.topic)] })
    const appending = async () => {
      for (let n = 2; ; n++) await log.writer.append(chunkOf([n]), never)
    }
    await expect(appending()).rejects.toMatchObject({ code: 'KAFKA_UNFIT' })
  })

  test('what Kafka has thrown away before it was read becomes a gap', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using log = await openLog(brokers)
    await log.writer.append(chunkOf([1, 2, 3, 4, 5]), never)
    await using admin = closing(new Admin({ clientId: 'test', bootstrapBrokers: brokers }))
    await admin.client.deleteRecords({
      topics: [{ name: log.topic, partitions: [{ partition: 0, offset: 3n }] }],
    })
    log.stored({ host: 'h', wire: 'v1', seq: 1, timeUs: 1, epoch: 0 })
    const [batch] = await readFrames(log.reader, 1, 10, 2)
    expect(batch && numbers(batch)).toEqual([4, 5])
    expect(batch?.chunk.gaps).toEqual([{ host: 'h', fromUs: 1, toUs: 4, reason: 'log-expired' }])
  })

  test('what is thrown away behind what was read ahead becomes a gap from there', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using log = await openLog(brokers)
    // Each chunk is more than one answer of the broker brings.
    for (const ns of [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
      [10, 11, 12],
    ]) {
      const frames = chunkOf(ns).frames.map((frame) => ({ ...frame, bytes: randomBytes(100_000) }))
      await log.writer.append({ frames, gaps: [] }, never)
    }
    log.stored({ host: 'h', wire: 'v1', seq: 1, timeUs: 1, epoch: 0 })
    await using admin = closing(new Admin({ clientId: 'test', bootstrapBrokers: brokers }))
    const seen: (number | null)[] = []
    const gaps: Gap[] = []
    const reading = log.reader.read({ from: 0, maxFrames: 4, maxWaitMs: 20, signal: never })
    for await (const { chunk } of reading) {
      if (seen.length === 0) {
        await admin.client.deleteRecords({
          topics: [{ name: log.topic, partitions: [{ partition: 0, offset: 11n }] }],
        })
      }
      seen.push(...chunk.frames.map(({ position }) => position.seq))
      gaps.push(...chunk.gaps)
      if (seen.includes(12)) break
    }
    // They are numbered from 1 on.
    const lost = seen.findIndex((seq, index) => seq !== index + 1)
    expect(lost).toBeGreaterThan(0)
    expect(gaps).toEqual([{ host: 'h', fromUs: lost, toUs: seen[lost], reason: 'log-expired' }])
  })

  test('a message larger than the topic takes is cut, and the others stay whole', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using topic = await openTestTopic(brokers, { configs: { 'max.message.bytes': '100000' } })
    await using log = await openLog(brokers, topic.name)
    const [small] = chunkOf([1]).frames
    if (!small) throw new Error('no frame')
    // Random, so that it does not compress below the bound.
    const bytes = crypto.getRandomValues(new Uint8Array(65_536))
    const large = {
      ...small,
      bytes: Buffer.concat([bytes, bytes, bytes, Buffer.from(bytes.toReversed())]),
    }
    await log.writer.append({ frames: [small, large, small], gaps: [] }, never)
    const frames = (await readFrames(log.reader, 0, 10, 3)).flatMap(({ chunk }) => chunk.frames)
    expect(frames.map((frame) => frame.bytes.length).sort((a, b) => a - b)).toEqual([1, 1, 65_536])
  })

  test('a topic whose settings lose data is told about, setting by setting', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using topic = await openTestTopic(brokers, {
      configs: {
        'cleanup.policy': 'compact',
        'retention.ms': '60000',
        'retention.bytes': '1000000',
      },
    })
    const { warnings } = await describeTopic(connectTo(brokers), topic.name)
    expect(warnings.map((warning) => warning.split(' ')[0])).toEqual([
      'cleanup.policy',
      'retention.ms',
      'retention.bytes',
      'max.message.bytes',
    ])
  })

  test('a compacted topic takes no events: waiting would not mend that', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using topic = await openTestTopic(brokers, { configs: { 'cleanup.policy': 'compact' } })
    await using log = await openLog(brokers, topic.name)
    await expect(log.writer.append(chunkOf([1]), never)).rejects.toMatchObject({
      code: 'KAFKA_UNFIT',
      message: expect.stringContaining('without a key'),
    })
  })

  test('a group of another program is not waited for', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await using topic = await openTestTopic(brokers)
    const range = [{ name: 'range', version: 1 }]
    const options = { clientId: 'other', bootstrapBrokers: brokers, protocols: range }
    await using other = closing(new Consumer({ ...options, groupId: topic.name }))
    other.client.topics.track(topic.name)
    await other.client.joinGroup({})
    const { done } = joinGroup({
      connection: connectTo(brokers),
      topic: topic.name,
      group: topic.name,
      signal: never,
      logger,
      onAssigned: () => undefined,
      onTrouble: () => undefined,
    })
    await expect(done).rejects.toMatchObject({ code: 'KAFKA_UNFIT' })
  })

  test('a topic that we make has none of these, and making it again changes nothing', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    const wish = { topic: 'test.made', partitions: 3, replication: 0, retentionHours: 24 }
    const made = await prepareTopics(connectTo(brokers), wish)
    expect(made).toMatchObject({ partitions: 3, replication: 1, warnings: [] })
    const again = await prepareTopics(connectTo(brokers), { ...wish, partitions: 9 })
    expect(again).toEqual({ ...made, warnings: [expect.stringContaining('KAFKA_PARTITIONS')] })
  })

  test('a topic that is not there, and brokers that are not there, are said to be that', async () => {
    const brokers = await sharedKafka(inject('kafkaDoor'))
    await expect(describeTopic(connectTo(brokers), 'test.nowhere')).rejects.toMatchObject({
      code: 'KAFKA_UNFIT',
    })
    await expect(describeTopic(connectTo(['127.0.0.1:9']), 'any')).rejects.toMatchObject({
      code: 'KAFKA_UNAVAILABLE',
    })
  })

  test('while the broker is away the writer waits and says so; nothing is lost', async () => {
    await using cluster = await openKafkaCluster()
    const [broker] = cluster.brokers
    if (!broker) throw new Error('no broker')
    await using log = await openLog([...cluster.bootstrap])
    await log.writer.append(chunkOf([1]), never)
    await broker.kill('SIGKILL')
    const stop = new AbortController()
    const given = log.writer.append(chunkOf([2]), stop.signal)
    await expect
      .poll(() => log.writer.status().trouble, { timeout: 30_000 })
      .toContain('cannot write')
    stop.abort(new Error('stopping'))
    await expect(given).rejects.toThrow('stopping')
    const waiting = log.writer.append(chunkOf([3]), never)
    await broker.start()
    await waiting
    expect(log.writer.status()).toMatchObject({ frames: 0, trouble: null })
    const seen = (await readFrames(log.reader, 0, 10, 2)).flatMap(numbers)
    expect(seen.filter((n) => n !== 2)).toEqual([1, 3]) // 2 may have been on its way when it was given up
  })
})

function connectTo(brokers: readonly string[]) {
  return { brokers, tls: null, sasl: null }
}

interface TestLog extends OpenedLog {
  readonly topic: string
  readonly connection: ReturnType<typeof connectTo>
  /** Tells the reader how far it is stored. */
  stored(position: ReturnType<typeof chunkOf>['frames'][number]['position']): void
}

/** A log of one partition, in a topic of its own unless one is given. */
async function openLog(brokers: readonly string[], given?: string): Promise<TestLog> {
  await using scope = new AsyncDisposableStack()
  const connection = connectTo(brokers)
  const name = given ?? scope.use(await openTestTopic(brokers)).name
  const wish = { topic: name, partitions: 1, replication: 1, retentionHours: 1 }
  const topic = await prepareTopics(connection, wish)
  let position: Parameters<TestLog['stored']>[0] | null = null
  const writer = scope.use(
    openKafkaWriter({ connection, topic, name: 'contract', compression: 'zstd', logger }),
  )
  const reader = scope.use(
    openKafkaReader({
      connection,
      topic: name,
      partition: 0,
      position: () => position,
      onReleased: () => undefined,
      onTrouble: () => undefined,
      logger,
    }),
  )
  const owned = scope.move()
  return {
    writer,
    reader,
    topic: name,
    connection,
    stored(at) {
      position = at
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function closing<Client extends Admin | Consumer>(
  client: Client,
): { client: Client } & AsyncDisposable {
  return { client, [Symbol.asyncDispose]: () => client.close() }
}
