/**
 * Persistence: what Kafka holds, into the database, by as many processes as there are partitions.
 *
 * Each partition that the group gives to this process is stored over a connection of its own, so that they do not wait for one
 * another: accounts, records and counts of two partitions are different rows. Guarantees: rows and offset are committed
 * together, and only from the offset the partition was read at, so that of two workers that both believe to have it one
 * writes; aborting the signal finishes the batches in hand.
 */
import type { Config } from '../config.ts'
import { joinGroup } from '../eventlog/kafka/group.ts'
import { openKafkaReader } from '../eventlog/kafka/reader.ts'
import { prepareTopics } from '../eventlog/kafka/topic.ts'
import { registerParts } from '../store/parts.ts'
import { openStore, type Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { kafkaConnection, kafkaSourceName, topicOptions } from './kafka.ts'
import { persist, type Stored } from './persist.ts'
import type { StatusBoard } from './status-board.ts'

export interface PersistenceOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly logger: Logger
  readonly board: StatusBoard
  readonly signal: AbortSignal
  /** Called after each commit. */
  readonly onStored?: (progress: Stored & { readonly partition: number }) => void
}

export interface Persistence {
  /** How many partitions there are. */
  readonly partitions: number
  /** Those that are stored here now. */
  assigned(): readonly number[]
  /** Resolves when everything has stopped; rejects when a stage failed for good. */
  readonly done: Promise<void>
}

interface Task {
  readonly stop: AbortController
  readonly done: Promise<void>
}

const summaryMs = 60_000

/** Starts storing what Kafka holds. Throws `AppError` KAFKA_… and DATABASE_…. */
export async function openPersistence(options: PersistenceOptions): Promise<Persistence> {
  const { config, databaseUrl, logger, board } = options
  const connection = await kafkaConnection(config)
  const topic = await prepareTopics(connection, topicOptions(config))
  for (const warning of topic.warnings) logger.warn({ topic: topic.topic }, warning)
  const source = kafkaSourceName(topic.topic)
  await registerParts(databaseUrl, source, topic.partitions)
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  const tasks = new Map<number, Task>()
  const tally = { frames: 0, deadLetters: 0, batches: 0, slowestMs: 0 }
  const summary = setInterval(() => {
    if (tally.batches > 0) logger.info({ ...tally, partitions: [...tasks.keys()] }, 'stored')
    Object.assign(tally, { frames: 0, deadLetters: 0, batches: 0, slowestMs: 0 })
  }, summaryMs)
  summary.unref()
  board.set('store', 'ok', 'connected to the database')
  board.set('eventlog', 'starting', `joining group ${config.KAFKA_GROUP}`)

  const group = joinGroup({
    connection,
    topic: topic.topic,
    group: config.KAFKA_GROUP,
    signal,
    logger,
    onAssigned: assign,
    onTrouble: (error) => error && board.set('eventlog', 'degraded', error.message),
  })
  group.done.catch((error: unknown) => failed.abort(error))
  const done = group.done
    .catch(() => undefined) // it is the reason of `failed`
    .then(async () => {
      await Promise.allSettled([...tasks.values()].map((task) => task.done))
      clearInterval(summary)
      if (failed.signal.aborted && !options.signal.aborted) throw failed.signal.reason
    })
  return { partitions: topic.partitions, assigned: () => [...tasks.keys()].sort(), done }

  function assign(partitions: readonly number[]): void {
    for (const [partition, task] of tasks) {
      if (partitions.includes(partition)) continue
      tasks.delete(partition)
      task.stop.abort(new Error(`partition ${partition} was given to another worker`))
    }
    for (const partition of partitions) {
      if (tasks.has(partition) || signal.aborted) continue
      tasks.set(partition, startTask(partition))
    }
    logger.info({ partitions }, 'partitions assigned')
    board.set('eventlog', 'ok', `storing ${describe(partitions)} of ${topic.partitions}`)
  }

  function startTask(partition: number): Task {
    const stop = new AbortController()
    const until = AbortSignal.any([signal, stop.signal])
    const done = storePartition(partition, until).catch((error: unknown) => {
      if (!until.aborted) failed.abort(error)
    })
    return { stop, done }
  }

  async function storePartition(partition: number, until: AbortSignal): Promise<void> {
    const log = logger.child({ partition })
    let store: Store | null = null
    const reopen = async () => {
      store = await openStore({ url: databaseUrl, source, part: partition })
      return store
    }
    await using reader = openKafkaReader({
      connection,
      topic: topic.topic,
      partition,
      position: () => store?.position ?? null,
      onReleased: (offset) => group.release(partition, offset),
      onTrouble(error) {
        if (error) {
          log.warn({ error: error.message }, 'cannot read the log; trying again')
          board.set('eventlog', 'down', `${error.message}; trying again, nothing is lost meanwhile`)
        } else {
          log.info('the log can be read again')
          board.set(
            'eventlog',
            'ok',
            `storing ${describe([...tasks.keys()])} of ${topic.partitions}`,
          )
        }
      },
      logger: log,
    })
    await persist({
      log: reader,
      reopen,
      shared: true,
      maxFrames: config.BATCH_MAX_EVENTS,
      maxWaitMs: config.BATCH_MAX_MS,
      signal: until,
      logger: log,
      board,
      onStored(progress) {
        tally.frames += progress.frames
        tally.deadLetters += progress.deadLetters
        tally.batches += 1
        tally.slowestMs = Math.max(tally.slowestMs, Math.round(progress.commitMs))
        options.onStored?.({ ...progress, partition })
      },
    })
  }
}

function describe(partitions: readonly number[]): string {
  if (partitions.length === 0) return 'no partition'
  const list = partitions.toSorted((a, b) => a - b).join(', ')
  return partitions.length === 1 ? `partition ${list}` : `partitions ${list}`
}
