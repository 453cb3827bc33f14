import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../contract/common.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import { Health, health } from '../contract/health.ts'
import type { Reader } from '../read/read.ts'
import { type AnswerCache, matchesTag } from './answer-cache.ts'
import { clientSignal } from './client-signal.ts'

/** One route for each endpoint that the reader answers. */
export function mountEndpoints(app: FastifyInstance, reader: Reader, cache: AnswerCache): void {
  for (const endpoint of reader.endpoints) {
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      schema: describeRoute(endpoint),
      handler: (request, reply) => answer(endpoint, { reader, cache, request, reply }),
    })
  }
}

/** What validates and documents an endpoint. */
export function describeRoute(endpoint: Endpoint) {
  return {
    summary: endpoint.summary,
    description: endpoint.description,
    tags: [...endpoint.tags],
    querystring: refuseOthers(endpoint.query),
    response: {
      200: endpoint.response,
      ...(endpoint.unready !== undefined && { 503: endpoint.response.describe(endpoint.unready) }),
      '4xx': problemDocument('The request cannot be answered as it is'),
      '5xx': problemDocument('The answer could not be found'),
    },
  }
}

function problemDocument(description: string) {
  return { description, content: { 'application/problem+json': { schema: Problem } } }
}

/** A parameter with a typing mistake would be a filter that silently does not filter. */
function refuseOthers(query: z.ZodType): z.ZodType {
  return query instanceof z.ZodObject ? query.strict() : query
}

interface Exchange {
  readonly reader: Reader
  readonly cache: AnswerCache
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Answers a validated request, from the cache where the answer may be reused. */
export async function answer(endpoint: Endpoint, exchange: Exchange): Promise<FastifyReply> {
  const { reader, cache, request, reply } = exchange
  const key = `${endpoint.path} ${JSON.stringify(request.query)}`
  const compute = async (signal: AbortSignal) => {
    const found = await reader.ask(endpoint, request.query, signal)
    return Buffer.from(JSON.stringify(z.encode(endpoint.response, found)))
  }
  const { cacheSeconds, mostCacheSeconds } = endpoint
  const keep = {
    ms: cacheSeconds * 1000,
    ...(mostCacheSeconds !== undefined && { mostMs: mostCacheSeconds * 1000 }),
  }
  const { bytes, etag } = await cache.get(key, keep, compute, clientSignal(reply))
  reply.type('application/json; charset=utf-8')
  if (cacheSeconds === 0) {
    reply.header('cache-control', 'no-store')
    return reply.code(endpoint === health ? readiness(bytes) : 200).send(bytes)
  }
  reply.header('cache-control', `private, max-age=${cacheSeconds}`).header('etag', etag)
  if (matchesTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
  return reply.send(bytes)
}

/** What cannot be done now is said in the code too, for those who look at nothing else. */
function readiness(bytes: Buffer): number {
  return Health.parse(JSON.parse(bytes.toString())).ready ? 200 : 503
}
