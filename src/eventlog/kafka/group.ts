import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Consumer } from '@platformatic/kafka'
import type { AppError } from '../../errors.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Offset } from '../eventlog.ts'
import { clientOptions, type KafkaConnection } from './connection.ts'
import { explainKafka } from './errors.ts'
import { patiently } from './patience.ts'

export interface GroupOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  readonly group: string
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Told which partitions this member has, each time it may have changed. */
  readonly onAssigned: (partitions: readonly number[]) => void
  readonly onTrouble: (error: AppError | null) => void
}

export interface Group {
  /** Tells the brokers how far a partition is stored, for those who watch the group's lag. Nothing depends on it. */
  release(partition: number, offset: Offset): void
  /** Resolves when the signal has aborted and the group is left; rejects with an `AppError` that waiting does not mend. */
  readonly done: Promise<void>
}

/** A member that gives no sign of life for this long has lost its partitions. */
const sessionTimeoutMs = 10_000
const heartbeatMs = 2_000
const rebalanceTimeoutMs = 12_000
const commitMs = 1_000
const leaveMs = 2_000

/**
 * Membership in a consumer group, and nothing else of it: it says which partitions are ours. Where reading goes on is kept
 * with the rows, and a member that has lost a partition without knowing cannot write (`position.version`), so it is no harm
 * that this news always comes late. Losing the brokers takes no partition away; it is found out when they are back.
 */
export function joinGroup(options: GroupOptions): Group {
  const { connection, topic, group, signal, logger, onTrouble } = options
  const released = new Map<number, Offset>()
  return {
    release: (partition, offset) => {
      released.set(partition, offset)
    },
    done: member(),
  }

  async function member(): Promise<void> {
    while (!signal.aborted) {
      const consumer = openConsumer()
      const lost = new AbortController()
      consumer.on('error', (error: Error) => lost.abort(error))
      consumer.on('consumer:heartbeat:stalled', ({ lastError }) => lost.abort(lastError))
      const tell = () =>
        options.onAssigned(consumer.assignments?.flatMap(({ partitions }) => partitions) ?? [])
      consumer.on('consumer:group:join', tell)
      // Raised in the middle too, when a partition is to be given away before somebody else gets it.
      consumer.on('consumer:group:rebalance', tell)
      try {
        await patiently(() => consumer.joinGroup({}), {
          attempt: `cannot join group ${group}`,
          signal,
          onTrouble,
        })
        await commitUntil(consumer, AbortSignal.any([signal, lost.signal]))
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        await leave(consumer)
      }
      if (signal.aborted) return
      const error = explainKafka(lost.signal.reason, `lost membership of group ${group}`)
      logger.warn({ error: error.message }, 'joining the group again')
      onTrouble(error)
      await setTimeout(heartbeatMs, undefined, { signal }).catch(() => undefined) // aborted: the loop ends
    }
  }

  function openConsumer(): Consumer {
    const consumer = new Consumer({
      ...clientOptions(connection, 'bluesky-analytics-persistence'),
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatStallTimeout: sessionTimeoutMs,
      retries: 3,
      retryDelay: 500,
      // Moves as few partitions as it can.
      protocols: [{ name: 'cooperative-sticky', version: 1 }],
    })
    consumer.topics.track(topic)
    return consumer
  }

  async function commitUntil(consumer: Consumer, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await setTimeout(commitMs, undefined, { signal: until }).catch(() => undefined) // aborted: the loop ends
      await commit(consumer)
    }
  }

  async function commit(consumer: Consumer): Promise<void> {
    const ours = consumer.assignments?.flatMap(({ partitions }) => partitions) ?? []
    const offsets = ours.flatMap((partition) => {
      const offset = released.get(partition)
      return offset === undefined
        ? []
        : [{ topic, partition, offset: BigInt(offset), leaderEpoch: -1 }]
    })
    if (offsets.length === 0 || !consumer.isActive()) return
    try {
      await consumer.commit({ offsets })
      for (const { partition } of offsets) released.delete(partition)
    } catch (error) {
      logger.debug({ error: String(error) }, 'the group was not told how far it is')
    }
  }

  /** Orderly where a broker answers, so that the others get our partitions at once; else they wait for the session's end. */
  async function leave(consumer: Consumer): Promise<void> {
    const close = consumer.close(true)
    close.catch(() => undefined) // a broker that is away needs no farewell
    await Promise.race([close.catch(() => undefined), once(AbortSignal.timeout(leaveMs), 'abort')])
  }
}
