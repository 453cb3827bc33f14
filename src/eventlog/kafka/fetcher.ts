import { type BaseOptions, Consumer, IS_CONTROL, type KafkaRecord } from '@platformatic/kafka'
import type { Offset } from '../eventlog.ts'

/** What one request brought. */
export interface Fetched {
  readonly records: readonly KafkaRecord[]
  /** Offset of each record. */
  readonly offsets: readonly Offset[]
  /** Where to go on. */
  readonly next: Offset
  /** Behind the last message there is now. */
  readonly end: Offset
}

export interface FetchWish {
  readonly offset: Offset
  /** How long the broker may wait for `minBytes`, ms. */
  readonly maxWaitMs: number
  readonly minBytes: number
}

export interface Fetcher extends AsyncDisposable {
  fetch(wish: FetchWish): Promise<Fetched>
  /** First offset that the broker still has, and the one behind the last. */
  bounds(): Promise<{ first: Offset; end: Offset }>
  /** Forgets who leads the partition: it is asked for again. */
  forget(): void
}

/** Most bytes of one answer, compressed as they were sent: some 1,500 events. More costs memory and saves nothing. */
const maxBytes = 256 * 1024
const earliest = -2n
const latest = -1n

/**
 * Reads one partition from the offsets it is asked for, over a connection of its own: which offsets these are is kept with
 * the rows, so the library's own bookkeeping is not used. Its promises reject with what the library throws.
 */
export function openFetcher(
  options: BaseOptions,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): Fetcher {
  // The group is never joined; the library wants a name for it.
  const client = new Consumer({ ...options, groupId: options.clientId })
  client.topics.track(topic)

  const boundary = async (timestamp: bigint) => {
    const partitions = { [topic]: [partition] }
    const offsets = await client.listOffsets({ topics: [topic], partitions, timestamp })
    return Number(offsets.get(topic)?.[partition] ?? 0n)
  }

  return {
    async fetch({ offset, maxWaitMs, minBytes }) {
      const metadata = await client.metadata({ topics: [topic] })
      const { id, partitions } = metadata.topics.get(topic) ?? { id: '', partitions: [] }
      const { responses } = await client.fetch({
        node: partitions[partition]?.leader ?? -1,
        maxWaitTime: maxWaitMs,
        minBytes,
        maxBytes,
        topics: [
          {
            topicId: id,
            partitions: [
              {
                partition,
                fetchOffset: BigInt(offset),
                partitionMaxBytes: maxBytes,
                currentLeaderEpoch: -1,
                lastFetchedEpoch: -1,
              },
            ],
          },
        ],
      })
      const answer = responses[0]?.partitions[0]
      const records: KafkaRecord[] = []
      const offsets: Offset[] = []
      let next = offset
      for (const batch of answer?.records ?? []) {
        const firstOffset = Number(batch.firstOffset)
        next = Math.max(next, firstOffset + batch.lastOffsetDelta + 1)
        if (batch.attributes & IS_CONTROL) continue
        for (const record of batch.records) {
          const at = firstOffset + record.offsetDelta
          if (at < offset) continue // a batch comes whole, though its beginning was read before
          records.push(record)
          offsets.push(at)
        }
      }
      return { records, offsets, next, end: Math.max(next, Number(answer?.highWatermark ?? next)) }
    },

    async bounds() {
      return { first: await boundary(earliest), end: await boundary(latest) }
    },

    forget: () => client.clearMetadata(),

    [Symbol.asyncDispose]: () => client.close(true),
  }
}
