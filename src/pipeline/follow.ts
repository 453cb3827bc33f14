/**
 * Follow: the configured source, through a log in memory, into the database, in one process.
 *
 * Opens the stages in order, from the stored position, and connects them. Guarantees: aborting the signal stops the
 * reading, finishes the batch in hand and commits it; what goes wrong for good ends `done` with the error.
 */
import type { Config } from '../config.ts'
import { createInProcessLog } from '../eventlog/in-process.ts'
import { meterLog } from '../eventlog/metrics.ts'
import type { JetstreamTimings } from '../source/jetstream/timings.ts'
import { meterSource } from '../source/metrics.ts'
import { createStoreMetrics } from '../store/metrics.ts'
import { openStore } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { followsCollection } from './follows-collection.ts'
import { keepLedger } from './keep-ledger.ts'
import { openConfiguredSource, sourceName } from './open-source.ts'
import { persist } from './persist.ts'
import type { ProcessTelemetry } from './process-telemetry.ts'
import { pump, watch } from './pump.ts'
import { expectFrom, type StallTimings, statusWhenStalled } from './stall-watch.ts'
import type { StatusBoard } from './status-board.ts'
import { openTally } from './tally.ts'

export interface FollowOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly logger: Logger
  readonly board: StatusBoard
  /** Where the stages are counted and watched; without it they are not. */
  readonly telemetry?: Pick<ProcessTelemetry, 'registry' | 'liveness'>
  /** Shorter waits, for tests. */
  readonly timings?: {
    readonly stall?: Partial<StallTimings>
    readonly jetstream?: Partial<JetstreamTimings>
  }
  readonly signal: AbortSignal
}

export interface Follow {
  /** Resolves when everything has stopped; rejects when a stage failed for good. */
  readonly done: Promise<void>
}

/** Starts following. Throws `AppError` when the database or the source refuses at once. */
export async function openFollow(options: FollowOptions): Promise<Follow> {
  const { config, databaseUrl, logger, board, telemetry } = options
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  const name = sourceName(config)
  const reopen = () => openStore({ url: databaseUrl, source: name })
  await using scope = new AsyncDisposableStack()
  const store = scope.use(await reopen())
  board.set(
    'store',
    'ok',
    store.position ? 'continuing where the last run stopped' : 'nothing stored yet',
  )
  const origin = openConfiguredSource(config, store.position, {
    signal,
    logger,
    timings: options.timings?.jetstream,
  })
  const source = telemetry ? meterSource(origin, telemetry.registry) : origin
  scope.move() // the source accepts its settings: persist owns the store now
  const memory = createInProcessLog(config.EVENTLOG_MAX_BYTES)
  const log = telemetry ? meterLog(memory, telemetry.registry) : memory
  const metrics = telemetry && createStoreMetrics(telemetry.registry)
  const progress = telemetry?.liveness.watch({
    name: 'store',
    isDue: () => log.status().frames > 0 && board.get('store')?.state !== 'down',
  })
  const tally = openTally(logger, () => ({ source: source.status().state }))
  const narrow = config.JETSTREAM_DIDS.length + config.JETSTREAM_COLLECTIONS.length > 0
  let stalledSinceMs: number | null = null
  const seen = {
    chunks: () => source.chunks(),
    status: () => statusWhenStalled(source.status(), stalledSinceMs),
  }

  const stages = [
    pump(source, log, signal),
    watch({ source: seen, log, board, logger }, signal),
    keepLedger({
      databaseUrl,
      source: name,
      expect: (stored) => expectFrom(source.status(), stored, narrow),
      follows: (collection) => followsCollection(config.JETSTREAM_COLLECTIONS, collection),
      timings: options.timings?.stall,
      onLook(sinceMs) {
        stalledSinceMs = sinceMs
      },
      signal,
      logger,
    }),
    persist({
      log,
      store,
      reopen,
      maxFrames: config.BATCH_MAX_EVENTS,
      maxWaitMs: config.BATCH_MAX_MS,
      signal,
      logger,
      board,
      onReconnected: () => metrics?.reconnected(),
      onStored(stored) {
        metrics?.stored(stored)
        progress?.made()
        tally.add(stored)
      },
    }),
  ]
  for (const stage of stages) stage.catch((error: unknown) => failed.abort(error))
  const done = Promise.allSettled(stages).then(() => {
    tally[Symbol.dispose]()
    if (!failed.signal.aborted) return
    if (!options.signal.aborted) throw failed.signal.reason
    // What was not committed comes again at the next start.
    logger.warn({ error: String(failed.signal.reason) }, 'stopped before the last batch was stored')
  })
  return { done }
}
