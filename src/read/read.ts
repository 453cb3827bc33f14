/**
 * Read: PostgreSQL in, answers out.
 *
 * Owns the statements that questions are answered with, and the choice between counts and the post index. Guarantees:
 * every analytic answer says what it counted and how complete it is; tiles read counts, never raw rows; every list and
 * every scan is bounded; a question nobody waits for any more is stopped in the database. Never: writes, or knows HTTP.
 */
import type { Endpoint, QueryOf, ResponseOf } from '../contract/endpoint.ts'
import { openPool } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import { type LiveFeed, openLiveFeed } from './live.ts'
import type { Database, ProcessProbe, ReadContext } from './question.ts'
import { questions } from './registry.ts'
import { createSilenceWatch } from './silence-watch.ts'
import { createStateReader, type StateReader } from './state.ts'

export type { LiveFeed, LiveMessage, LiveSubscription } from './live.ts'
export type { Observation } from './observation.ts'
export type { ProcessHealth, ProcessProbe, SourceProbe } from './question.ts'
export type { StateReader } from './state.ts'

export interface ReaderOptions {
  readonly url: string
  /** Most connections to the database at a time. */
  readonly poolSize: number
  /** A statement that runs longer is cancelled, and the question fails with `QUERY_TOO_SLOW`. */
  readonly statementTimeoutMs: number
  readonly process: ProcessProbe
  /** Own clock, ms since 1970. */
  readonly now?: () => number
  /** Time between two looks of the live stream, ms. Default: 1,000. */
  readonly livePollMs?: number
}

export interface Reader extends AsyncDisposable {
  /** The endpoints that `ask` answers. */
  readonly endpoints: readonly Endpoint[]
  /** Answers one question; `query` was parsed by the endpoint's schema. */
  ask<E extends Endpoint>(
    endpoint: E,
    query: QueryOf<E>,
    signal: AbortSignal,
  ): Promise<ResponseOf<E>>
  readonly live: LiveFeed
  readonly state: StateReader
}

/** Connects when first asked; a database that is away makes questions fail, and is tried again by the next one. */
export function openReader(options: ReaderOptions): Reader {
  const pool = openPool({
    url: options.url,
    max: options.poolSize,
    statementTimeoutMs: options.statementTimeoutMs,
    applicationName: 'bluesky-analytics read',
  })
  const now = options.now ?? Date.now
  const byEndpoint = new Map(questions.map((question) => [question.endpoint, question]))
  // Answers that are shared by all who wait do not end with one of them; the statement timeout ends them.
  const shared: Database = { query: (statement) => pool.query(statement) }
  const follows = options.process.follows ?? (() => true)
  const silence = createSilenceWatch({ db: shared, now, follows })
  const contextOf = (signal: AbortSignal): ReadContext => ({
    db: { query: (statement) => pool.query(statement, signal) },
    nowMs: now(),
    signal,
    process: options.process,
    silence,
  })
  const state = createStateReader({ contextOf, db: shared, silence, now })
  const live = openLiveFeed(contextOf, options.livePollMs ?? 1_000)
  return {
    endpoints: questions.map(({ endpoint }) => endpoint),
    async ask<E extends Endpoint>(endpoint: E, query: QueryOf<E>, signal: AbortSignal) {
      const question = byEndpoint.get(endpoint)
      if (!question) throw new AppError('NOT_FOUND', `nothing answers ${endpoint.path}`)
      // The registry holds this endpoint's own question, so its answer has this endpoint's type.
      return (await question.answer(query, contextOf(signal))) as ResponseOf<E>
    },
    live,
    state,
    async [Symbol.asyncDispose]() {
      await live[Symbol.asyncDispose]()
      await pool[Symbol.asyncDispose]()
    },
  }
}
