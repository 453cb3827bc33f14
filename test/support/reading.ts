import { inject } from 'vitest'
import type { Endpoint, QueryInputOf, QueryOf, ResponseOf } from '../../src/contract/endpoint.ts'
import { openReader, type ProcessHealth, type Reader } from '../../src/read/read.ts'
import { openTestDatabase } from './database.ts'
import { openRows, type Rows } from './rows.ts'

export interface Reading extends AsyncDisposable {
  readonly url: string
  readonly rows: Rows
  readonly reader: Reader
  /** Own clock of the reader; set it to move time. */
  nowMs: number
  /** What the process says about itself. */
  health: ProcessHealth
  /** What the process says that it asks its source for. */
  follows: (collection: string) => boolean
  /** What the process knows of Kafka. */
  endOffsets: ReadonlyMap<number, number>
  /** Which topic of Kafka the process knows. */
  logSource: string | undefined
  /** Asks as a client would: parameters as texts, the answer checked against its contract. */
  ask<E extends Endpoint>(endpoint: E, query: QueryInputOf<E>): Promise<ResponseOf<E>>
}

export const wellHealth: ProcessHealth = {
  name: 'bluesky-analytics',
  version: '0.1.0',
  source: 'jetstream',
  components: [
    { name: 'source', state: 'ok', since: '2026-03-29T00:00:00.000Z', detail: 'Connected' },
    { name: 'store', state: 'ok', since: '2026-03-29T00:00:00.000Z', detail: 'Storing' },
  ],
}

/** A database of its own with a reader on it, whose clock stands still. */
export async function openReading(now: string): Promise<Reading> {
  await using scope = new AsyncDisposableStack()
  const { url } = scope.use(await openTestDatabase(inject('databaseUrl')))
  const rows = scope.use(await openRows(url))
  const reader = scope.use(
    openReader({
      url,
      poolSize: 4,
      statementTimeoutMs: 5_000,
      livePollMs: 20,
      now: () => reading.nowMs,
      process: {
        health: () => reading.health,
        follows: (collection) => reading.follows(collection),
        endOffsets: async () => reading.endOffsets,
        get logSource() {
          return reading.logSource
        },
        probeSource: async (seconds) => ({
          ok: true,
          host: 'wss://jetstream.test',
          wire: 'v2',
          events: 7 * seconds,
          bytes: 3_500 * seconds,
          kinds: { commit: 7 * seconds },
          lagMs: 120,
          durationMs: seconds * 1_000,
          detail: 'Connected',
        }),
      },
    }),
  )
  const owned = scope.move()
  const reading: Reading = {
    url,
    rows,
    reader,
    nowMs: Date.parse(now),
    health: wellHealth,
    follows: () => true,
    endOffsets: new Map(),
    logSource: undefined,
    async ask<E extends Endpoint>(endpoint: E, query: QueryInputOf<E>) {
      const parsed = endpoint.query.parse(query) as QueryOf<E>
      const answer = await reader.ask(endpoint, parsed, new AbortController().signal)
      endpoint.response.parse(answer)
      return answer
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
  return reading
}
