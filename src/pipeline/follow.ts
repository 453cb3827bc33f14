/**
 * Follow: the configured source, through a log in memory, into the database, in one process.
 *
 * Opens the stages in order, from the stored position, and connects them. Guarantees: aborting the signal stops the
 * reading, finishes the batch in hand and commits it; what goes wrong for good ends `done` with the error.
 */
import type { Config } from '../config.ts'
import { createInProcessLog } from '../eventlog/in-process.ts'
import { meterLog } from '../eventlog/metrics.ts'
import { meterSource } from '../source/metrics.ts'
import { createStoreMetrics } from '../store/metrics.ts'
import { openStore } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { openConfiguredSource, sourceName } from './open-source.ts'
import { persist } from './persist.ts'
import type { ProcessTelemetry } from './process-telemetry.ts'
import { pump, watch } from './pump.ts'
import type { StatusBoard } from './status-board.ts'
import { openTally } from './tally.ts'

export interface FollowOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly logger: Logger
  readonly board: StatusBoard
  /** Where the stages are counted and watched; without it they are not. */
  readonly telemetry?: Pick<ProcessTelemetry, 'registry' | 'liveness'>
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
  const origin = openConfiguredSource(config, store.position, { signal, logger })
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

  const stages = [
    pump(source, log, signal),
    watch({ source, log, board, logger }, signal),
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
