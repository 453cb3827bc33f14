import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Endpoint } from '../contract/endpoint.ts'
import { health } from '../contract/health.ts'
import { livez, metrics, type Probe, readyz } from '../contract/probes.ts'
import type { StateReader } from '../read/read.ts'
import { type BaseOptions, createBase } from './base.ts'
import { clientSignal } from './client-signal.ts'
import { describeRoute } from './endpoints.ts'
import { mountProblems } from './problems.ts'

/** What a process can tell to those who run it. */
export interface Operations {
  readonly state: Pick<StateReader, 'health' | 'ready'>
  /** Whether its stages do the work that is there. Asks nobody. */
  live(): Probe
  /** Prometheus text. */
  metrics(): Promise<string>
}

export interface OpsOptions extends BaseOptions {
  readonly operations: Operations
}

/** The server of processes that answer no questions: their state and their numbers. Not listening yet. */
export async function buildOps(options: OpsOptions): Promise<FastifyInstance> {
  const app = await createBase(options)
  mountProblems(app, { limited: options.rateLimit !== undefined, fallback: async () => null })
  mountOperations(app, options.operations)
  const { state } = options.operations
  mountAnswer(app, health, async (signal) => {
    const answer = await state.health(signal)
    return { answer, ok: answer.ready }
  })
  return app
}

/** `/livez`, `/readyz` and `/metrics`. Those who probe are not counted by the rate limit. */
export function mountOperations(app: FastifyInstance, operations: Operations): void {
  mountAnswer(app, livez, async () => toAnswer(operations.live()))
  mountAnswer(app, readyz, async () => toAnswer(await operations.state.ready()))
  const { response, ...schema } = describeRoute(metrics)
  app.route({
    method: metrics.method,
    url: metrics.path,
    schema: {
      ...schema,
      response: {
        ...response,
        200: { description: 'Metrics', content: { 'text/plain': { schema: metrics.response } } },
      },
    },
    config: { rateLimit: false },
    handler: async (_request, reply) => {
      const text = await operations.metrics()
      return reply
        .type('text/plain; version=0.0.4; charset=utf-8')
        .header('cache-control', 'no-store')
        .serializer(String)
        .send(text)
    },
  })
}

interface Told {
  readonly answer: unknown
  readonly ok: boolean
}

const toAnswer = (probe: Probe): Told => ({ answer: probe, ok: probe.ok })

function mountAnswer(
  app: FastifyInstance,
  endpoint: Endpoint,
  ask: (signal: AbortSignal) => Promise<Told>,
): void {
  app.route({
    method: endpoint.method,
    url: endpoint.path,
    schema: describeRoute(endpoint),
    config: { rateLimit: false },
    handler: async (_request, reply): Promise<FastifyReply> => {
      const { answer, ok } = await ask(clientSignal(reply))
      return reply
        .code(ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(answer)
    },
  })
}
