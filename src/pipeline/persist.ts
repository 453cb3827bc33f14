import { setTimeout } from 'node:timers/promises'
import { AppError, errorCodes } from '../errors.ts'
import type { LogReader } from '../eventlog/eventlog.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { StatusBoard } from './status-board.ts'
import { untilAvailable } from './until-available.ts'

export interface PersistOptions {
  readonly log: LogReader
  /** The store to begin with; without one it is opened as soon as the database answers. */
  readonly store?: Store
  /** Opens a store: also a new one after the connection to the database was lost. */
  readonly reopen: () => Promise<Store>
  /**
   * Whether the log outlives this process, and others may read it: the stored offset then says where to go on, and a position
   * that another worker has moved is no failure; its rows are stored, and reading goes on behind them.
   */
  readonly shared?: boolean
  readonly maxFrames: number
  readonly maxWaitMs: number
  readonly signal: AbortSignal
  readonly logger: Logger
  readonly board: StatusBoard
  /** Called after each commit. */
  readonly onStored?: (progress: Stored) => void
  /** Called when the database is connected to again after it was away. */
  readonly onReconnected?: () => void
}

export interface Stored {
  readonly frames: number
  readonly deadLetters: number
  /** Records of days that were dropped, which are not stored again. */
  readonly agedOut: number
  readonly commitMs: number
}

const firstRetryMs = 250
const lastRetryMs = 10_000

/**
 * Stores what the log holds until it ends or the signal aborts; the batch in hand is finished either way. While the
 * database is away it waits, says so, and goes on with what was not stored. Throws what retrying cannot mend.
 */
export async function persist(options: PersistOptions): Promise<void> {
  const { signal, logger, shared = false } = options
  let store = options.store ?? (await openWhenThere(options))
  let from = 0
  let failures = 0
  for (;;) {
    try {
      if (shared) from = store.offset ?? 0
      await drain(store, options, from, (next) => {
        from = next
        failures = 0
      })
      await store[Symbol.asyncDispose]()
      return
    } catch (error) {
      await store[Symbol.asyncDispose]()
      if (!(error instanceof AppError) || signal.aborted) throw error
      const moved = shared && error.code === 'POSITION_MOVED'
      if (!moved && !errorCodes[error.code].retry) throw error
      const waitMs = Math.min(lastRetryMs, firstRetryMs * 2 ** failures++)
      if (moved) logger.info('another worker has stored more; going on behind it')
      else sayAway(options, error, waitMs)
      await setTimeout(waitMs, undefined, { signal })
      store = await openWhenThere(options)
    }
  }
}

async function openWhenThere(options: PersistOptions): Promise<Store> {
  const { reopen, signal, logger, board } = options
  const store = await untilAvailable(reopen, {
    signal,
    onTrouble: (error, waitMs) => sayAway(options, error, waitMs),
  })
  if (board.get('store')?.state === 'down') logger.info('the database is back')
  board.set('store', 'ok', 'connected to the database')
  return store
}

function sayAway({ logger, board }: PersistOptions, { message }: AppError, waitMs: number): void {
  logger.warn({ error: message, waitMs }, 'database is away')
  board.set('store', 'down', `${message}; trying again, nothing is lost meanwhile`)
}

/**
 * While one batch is being committed the next one is decoded, folded and encoded. A commit that fails ends the waiting for the next
 * batch: from a quiet source that may come hours later.
 */
async function drain(
  store: Store,
  options: PersistOptions,
  from: number,
  onCommitted: (next: number) => void,
): Promise<void> {
  const { log, maxFrames, maxWaitMs, board } = options
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const { chunk, next, watermark } of log.read({
      from,
      maxFrames,
      maxWaitMs,
      signal,
    })) {
      const prepared = await store.prepare(chunk)
      await writing
      const startedMs = performance.now()
      const place = options.shared ? { next, watermark } : null
      writing = store.write(prepared, place).then(({ deadLetters, agedOut }) => {
        onCommitted(next)
        log.release(next)
        board.set('store', 'ok', 'storing')
        options.onStored?.({
          frames: prepared.batch.frames.length,
          deadLetters: deadLetters.length,
          agedOut,
          commitMs: performance.now() - startedMs,
        })
      })
      writing.catch((error: unknown) => failed.abort(error)) // thrown below, where it is awaited
    }
  } finally {
    await writing
  }
}
