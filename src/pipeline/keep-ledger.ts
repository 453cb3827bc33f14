import { openPool, type Pool } from '../db/pool.ts'
import type { Logger } from '../telemetry/logger.ts'
import { keepSilenceLedger } from './silence-ledger.ts'
import { type StallWatchOptions, watchStalls } from './stall-watch.ts'

export interface LedgerOptions extends Pick<StallWatchOptions, 'expect' | 'timings' | 'onLook'> {
  readonly databaseUrl: string
  /** Name under which the position of what is stored here is kept. */
  readonly source: string
  /** Whether a collection is asked for at all. */
  readonly follows: (collection: string) => boolean
  readonly signal: AbortSignal
  readonly logger: Logger
}

/**
 * Keeps the ledger of what is not received while something is stored, over a connection of its own, until the signal aborts:
 * stalls, and collections that fall silent. Never throws.
 */
export async function keepLedger(options: LedgerOptions): Promise<void> {
  await using pool = openPool({
    url: options.databaseUrl,
    max: 1,
    statementTimeoutMs: 10_000,
    applicationName: 'bluesky-analytics',
  })
  const db: Pool = {
    // Nobody who stops waits for a statement that is stuck.
    query: (statement) => pool.query(statement, options.signal),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
  await Promise.all([watchStalls({ ...options, db }), keepSilenceLedger({ ...options, db })])
}
