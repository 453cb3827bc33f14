import type { MessageToProduce } from '@platformatic/kafka'
import type { Position } from '../../event/frame.ts'
import { clientOptions, type KafkaConnection } from './connection.ts'
import { explainKafka } from './errors.ts'
import { openFetcher } from './fetcher.ts'
import { positionsTopic, untilKnown } from './topic.ts'

/**
 * How far each ingest has read, by name, as the compacted topic of positions has it: any machine finds it there, and no
 * database is needed. Throws `AppError` KAFKA_….
 */
export async function readKeptPositions(
  connection: KafkaConnection,
  topic: string,
): Promise<ReadonlyMap<string, Position>> {
  try {
    return await untilKnown(() => readAll(connection, topic))
  } catch (cause) {
    throw explainKafka(cause, `cannot read topic ${positionsTopic(topic)}`)
  }
}

/** The message that keeps a position under a name. */
export function positionMessage(topic: string, name: string, position: Position): MessageToProduce {
  return {
    topic: positionsTopic(topic),
    partition: 0,
    key: Buffer.from(name),
    value: Buffer.from(JSON.stringify(position)),
  }
}

async function readAll(
  connection: KafkaConnection,
  topic: string,
): Promise<ReadonlyMap<string, Position>> {
  const positions = new Map<string, Position>()
  // A topic made a moment ago is not known to every broker yet: these few calls may be repeated.
  const options = {
    ...clientOptions(connection, 'bluesky-analytics-positions'),
    retries: 5,
    retryDelay: 300,
  }
  await using fetcher = openFetcher(options, { topic: positionsTopic(topic), partition: 0 })
  let { first: offset, end } = await fetcher.bounds()
  while (offset < end) {
    const { records, next } = await fetcher.fetch({ offset, maxWaitMs: 100, minBytes: 1 })
    for (const { key, value } of records) {
      const position = readPosition(value)
      if (key && position) positions.set(key.toString(), position)
    }
    // Nothing came though the end is further on: what is left are marks of the broker.
    offset = next > offset ? next : end
  }
  return positions
}

function readPosition(bytes: Buffer | null): Position | null {
  if (!bytes) return null
  try {
    const { host, wire, seq, timeUs, epoch } = JSON.parse(bytes.toString()) as Position
    const sane =
      typeof host === 'string' &&
      (wire === 'v1' || wire === 'v2') &&
      (seq === null || Number.isSafeInteger(seq)) &&
      Number.isSafeInteger(timeUs) &&
      Number.isSafeInteger(epoch)
    return sane ? { host, wire, seq, timeUs, epoch } : null
  } catch {
    return null // not ours
  }
}
