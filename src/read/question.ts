import type { Endpoint, QueryOf, ResponseOf } from '../contract/endpoint.ts'
import type { Component, Health } from '../contract/health.ts'
import type { Sql } from '../db/sql.ts'

/** What a question may use to find its answer. */
export interface ReadContext {
  readonly db: Database
  /** Own clock, ms since 1970, the same during one question. */
  readonly nowMs: number
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  readonly process: ProcessProbe
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
}

export interface ProcessHealth {
  readonly name: string
  readonly version: string
  readonly source: Health['source']
  /** Every component but the database. */
  readonly components: readonly Component[]
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
