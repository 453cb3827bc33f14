import type { z } from 'zod'

/** One HTTP endpoint: everything that validates, documents, serialises and calls it. */
export interface Endpoint<
  Query extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET'
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly query: Query
  readonly response: Response
  /** What it means when the same answer comes with status 503; undefined where it never does. */
  readonly unready?: string
  /** How long an answer may be reused, seconds; 0 means never. */
  readonly cacheSeconds: number
  /** After how long nobody gets an answer any more that took long to find and is kept for that. Default: 30. */
  readonly mostCacheSeconds?: number
}

export type QueryOf<E> = E extends Endpoint<infer Q, z.ZodType> ? z.output<Q> : never
export type QueryInputOf<E> = E extends Endpoint<infer Q, z.ZodType> ? z.input<Q> : never
export type ResponseOf<E> = E extends Endpoint<z.ZodType, infer R> ? z.output<R> : never

export function defineEndpoint<Query extends z.ZodType, Response extends z.ZodType>(
  endpoint: Endpoint<Query, Response>,
): Endpoint<Query, Response> {
  return endpoint
}
