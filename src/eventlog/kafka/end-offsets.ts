import { Consumer } from '@platformatic/kafka'
import type { Offset } from '../eventlog.ts'
import { clientOptions, type KafkaConnection } from './connection.ts'
import { explainKafka } from './errors.ts'

const latest = -1n

/** The offset behind the last message of each partition, by one question to each broker. Throws `AppError` KAFKA_…. */
export async function readEndOffsets(
  connection: KafkaConnection,
  topic: string,
): Promise<ReadonlyMap<number, Offset>> {
  const options = clientOptions(connection, 'bluesky-analytics-lag')
  // The group is never joined; the library wants a name for it.
  const client = new Consumer({ ...options, groupId: options.clientId })
  try {
    const ends = (await client.listOffsets({ topics: [topic], timestamp: latest })).get(topic) ?? []
    return new Map([...ends.entries()].map(([partition, end]) => [partition, Number(end)]))
  } catch (cause) {
    throw explainKafka(cause, `cannot ask how long topic ${topic} is`)
  } finally {
    await client.close(true)
  }
}
