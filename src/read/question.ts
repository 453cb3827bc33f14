import type { Endpoint, QueryOf, ResponseOf } from '../contract/endpoint.ts'
import type { Component, Health } from '../contract/health.ts'
import type { Sql } from '../db/sql.ts'
import type { Silence } from './silence-watch.ts'

/** What a question may use to find its answer. */
export interface ReadContext {
  readonly db: Database
  /** Own clock, ms since 1970, the same during one question. */
  readonly nowMs: number
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  readonly process: ProcessProbe
  /** Which collections fell silent; asked at most every 10 s, whoever waits. */
  readonly silence: () => Promise<Silence>
}

export interface Database {
  /** Rows of one statement; stops with the question's signal. */
  query<Row extends object>(statement: Sql): Promise<Row[]>
}

/** What the running program can tell about itself, which the database cannot. */
export interface ProcessProbe {
  /** How the parts of this process are doing; the database is asked separately. Cheap enough for each second. */
  health(): Promise<ProcessHealth> | ProcessHealth
  /** Opens a connection of its own to the configured source for some seconds and says what came. */
  probeSource(seconds: number, signal: AbortSignal): Promise<SourceProbe>
  /** Offset that the next message of each partition of Kafka will get. Absent where this process does not know Kafka. */
  endOffsets?(): Promise<ReadonlyMap<number, number>>
  /** Name under which the positions of that topic are kept. */
  readonly logSource?: string | undefined
  /** Who stores which partition of Kafka, as far as this process knows. */
  owners?(): ReadonlyMap<number, string>
  /** Whether events of a collection are asked for. Absent: all are. */
  follows?(collection: string): boolean
}

export interface ProcessHealth {
  readonly name: string
  readonly version: string
  readonly source: Health['source']
  /** Every component but those that the database tells: `database`, `collections` and `coverage`. */
  readonly components: readonly Component[]
  /** Components without which the process cannot do its work. Absent: the database. */
  readonly needs?: readonly Component['name'][]
}

export interface SourceProbe {
  readonly ok: boolean
  readonly host: string
  readonly wire: string | null
  readonly events: number
  readonly bytes: number
  readonly kinds: Record<string, number>
  readonly lagMs: number | null
  readonly durationMs: number
  readonly detail: string
}

/** An endpoint and the function that answers it. The function knows no HTTP. */
export interface Question<E extends Endpoint = Endpoint> {
  readonly endpoint: E
  // A method, so that questions with different parameters fit into one registry.
  answer(query: QueryOf<E>, context: ReadContext): Promise<ResponseOf<E>>
}

export function defineQuestion<E extends Endpoint>(
  endpoint: E,
  answer: (query: QueryOf<E>, context: ReadContext) => Promise<ResponseOf<E>>,
): Question<E> {
  return { endpoint, answer }
}
