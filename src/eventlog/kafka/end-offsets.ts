import type { Offset } from '../eventlog.ts'
import { clientOptions, type KafkaConnection } from './connection.ts'
import { explainKafka } from './errors.ts'
import { openFetcher } from './fetcher.ts'

/** The offset behind the last message of each partition. Throws `AppError` KAFKA_…. */
export async function readEndOffsets(
  connection: KafkaConnection,
  topic: string,
  partitions: number,
): Promise<ReadonlyMap<number, Offset>> {
  const options = clientOptions(connection, 'bluesky-analytics-lag')
  try {
    const ends = Array.from({ length: partitions }, async (_, partition) => {
      await using fetcher = openFetcher(options, { topic, partition })
      const { end } = await fetcher.bounds()
      return [partition, end] as const
    })
    return new Map(await Promise.all(ends))
  } catch (cause) {
    throw explainKafka(cause, `cannot ask how long topic ${topic} is`)
  }
}
