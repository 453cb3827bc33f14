/**
 * Persistence: what Kafka holds, into the database, by as many processes as there are partitions.
 *
 * Each partition that the group gives to this process is stored over a connection of its own, so that they do not wait for one
 * another: accounts, records and counts of two partitions are different rows. Guarantees: rows and offset are committed
 * together, and only from the offset the partition was read at, so that of two workers that both believe to have it one
 * writes; aborting the signal finishes the batches in hand.
 */
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { joinGroup } from '../eventlog/kafka/group.ts'
import { readKeptPositions } from '../eventlog/kafka/kept-position.ts'
import { openKafkaReader } from '../eventlog/kafka/reader.ts'
import { prepareTopics } from '../eventlog/kafka/topic.ts'
import { createStoreMetrics } from '../store/metrics.ts'
import { registerParts } from '../store/parts.ts'
import { openStore, type Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { gapCounter } from '../telemetry/metrics.ts'
import { createBacklog } from './backlog.ts'
import { requireSameKind } from './database.ts'
import { followsCollection } from './follows-collection.ts'
import {
  createEndOffsets,
  kafkaConnection,
  kafkaSourceName,
  topicOptions,
  waitingForKafka,
} from './kafka.ts'
import { keepLedger } from './keep-ledger.ts'
import { PartitionTasks } from './partition-tasks.ts'
import { persist } from './persist.ts'
import type { ProcessTelemetry } from './process-telemetry.ts'
import type { Expectation, StallTimings } from './stall-watch.ts'
import { StatusBoard } from './status-board.ts'
import { openTally } from './tally.ts'
import { untilAvailable } from './until-available.ts'

export interface PersistenceOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly logger: Logger
  /** Where the stages say how they are, and are counted and watched. */
  readonly telemetry: ProcessTelemetry
  /** Shorter waits, for tests. */
  readonly stallTimings?: Partial<StallTimings>
  readonly signal: AbortSignal
}

export interface Persistence {
  /** How many partitions there are. */
  readonly partitions: number
  /** Resolves when everything has stopped; rejects when a stage failed for good. */
  readonly done: Promise<void>
}

/**
 * Starts storing what Kafka holds, as soon as that is there. Throws `AppError` KAFKA_… that waiting does not mend, and
 * DATABASE_….
 */
export async function openPersistence(options: PersistenceOptions): Promise<Persistence> {
  const { config, databaseUrl, logger, telemetry, signal: stop } = options
  const { board } = telemetry
  const waiting = waitingForKafka({ signal: stop, logger, board })
  const connection = await kafkaConnection(config)
  const topic = await untilAvailable(() => prepareTopics(connection, topicOptions(config)), waiting)
  for (const warning of topic.warnings) logger.warn({ topic: topic.topic }, warning)
  const source = kafkaSourceName(topic.topic)
  const positions = await untilAvailable(() => readKeptPositions(connection, topic.topic), waiting)
  const [written] = positions.values()
  const register = async () => {
    if (written) await requireSameKind(databaseUrl, written.host.startsWith('synthetic:'))
    await registerParts(databaseUrl, { source, parts: topic.partitions, logId: topic.id })
  }
  await untilAvailable(register, {
    signal: stop,
    onTrouble: ({ message }) => board.set('store', 'down', `${message}; trying again`),
  })
  const failed = new AbortController()
  const signal = AbortSignal.any([stop, failed.signal])
  const tasks = new PartitionTasks(storePartition, signal)
  const metrics = createStoreMetrics(telemetry.registry)
  const gaps = gapCounter(telemetry.registry)
  const backlog = createBacklog(createEndOffsets(config))
  const tally = openTally(logger, () => ({ partitions: tasks.partitions }))
  const told = new Map<number, StatusBoard>()
  let groupTrouble: AppError | null = null
  let hasJoined = false
  tell()

  const group = joinGroup({
    connection,
    topic: topic.topic,
    group: config.KAFKA_GROUP,
    signal,
    logger,
    onAssigned: assign,
    onTrouble(error) {
      groupTrouble = error
      tell()
    },
  })
  group.done.catch((error: unknown) => failed.abort(error))
  const ledgerDone = new AbortController()
  const ledger = keepLedger({
    databaseUrl,
    source,
    expect: ({ host }) => expectThroughKafka(config, host),
    follows: (collection) => followsCollection(config.JETSTREAM_COLLECTIONS, collection),
    timings: options.stallTimings,
    signal: AbortSignal.any([signal, ledgerDone.signal]),
    logger,
  })
  const done = group.done
    .catch(() => undefined) // it is the reason of `failed`
    .then(async () => {
      await tasks.ended()
      ledgerDone.abort()
      await ledger
      tally[Symbol.dispose]()
      if (failed.signal.aborted && !stop.aborted) throw failed.signal.reason
    })
  return { partitions: topic.partitions, done }

  function assign(partitions: readonly number[]): void {
    hasJoined = true
    tasks.assign(partitions)
    for (const partition of told.keys()) if (!partitions.includes(partition)) told.delete(partition)
    telemetry.owned.clear()
    for (const partition of partitions) telemetry.owned.add(partition)
    logger.info({ partitions }, 'partitions assigned')
    tell()
  }

  /** A stage is as well as the partition that is worst off. */
  function tell(): void {
    const worst = (name: 'store' | 'eventlog') =>
      [...told.values()].map((own) => own.get(name)).find((one) => one?.state === 'down')
    const storing = `storing ${describe(tasks.partitions)} of ${topic.partitions}`
    const store = worst('store')
    board.set('store', store ? 'down' : 'ok', store?.detail ?? storing)
    const log = worst('eventlog')
    if (log) board.set('eventlog', 'down', log.detail)
    else if (!hasJoined)
      board.set(
        'eventlog',
        'starting',
        groupTrouble?.message ?? `joining group ${config.KAFKA_GROUP}`,
      )
    else if (groupTrouble) board.set('eventlog', 'degraded', groupTrouble.message)
    else board.set('eventlog', 'ok', storing)
  }

  async function storePartition(partition: number, until: AbortSignal): Promise<void> {
    try {
      await storeUntil(partition, until)
    } catch (error) {
      if (!until.aborted) failed.abort(error)
      else if (error instanceof AppError) {
        // What was not committed comes again from the stored offset.
        logger.warn({ partition, error: error.message }, 'stopped before the last batch was stored')
      }
    }
  }

  async function storeUntil(partition: number, until: AbortSignal): Promise<void> {
    const log = logger.child({ partition })
    let store: Store | null = null
    const own = new StatusBoard(tell)
    told.set(partition, own)
    const isWaiting = () => own.all().some(({ state }) => state === 'down')
    using progress = telemetry.liveness.watch({
      name: `partition ${partition}`,
      isDue: () => backlog.isBehind(partition, store?.offset ?? 0) && !isWaiting(),
    })
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
          own.set('eventlog', 'down', `${error.message}; trying again, nothing is lost meanwhile`)
        } else {
          log.info('the log can be read again')
          own.set('eventlog', 'ok', 'reading')
        }
      },
      onGap: () => gaps.inc(),
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
      board: own,
      onStored(stored) {
        tally.add(stored)
        metrics.stored(stored)
        progress.made()
      },
      onReconnected: () => metrics.reconnected(),
    })
  }
}

/**
 * What is to be expected of what comes through Kafka: the process that reads it is another one, so only its host tells what it
 * is. Where it is asked for a part of the network only, nothing may rightly come for hours.
 */
function expectThroughKafka(config: Config, host: string): Expectation {
  const narrow = config.JETSTREAM_DIDS.length + config.JETSTREAM_COLLECTIONS.length > 0
  return narrow || !/^wss?:/.test(host) ? 'quiet' : 'usual'
}

function describe(partitions: readonly number[]): string {
  if (partitions.length === 0) return 'no partition'
  const list = partitions.join(', ')
  return partitions.length === 1 ? `partition ${list}` : `partitions ${list}`
}
