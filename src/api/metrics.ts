import type { FastifyInstance } from 'fastify'
import { Histogram, type Registry } from 'prom-client'
import { live } from '../contract/live.ts'
import { livez, metrics, readyz } from '../contract/probes.ts'

/** Times of HTTP requests. */
export interface HttpMetrics {
  mount(app: FastifyInstance): void
}

/** Streams last as long as the client likes; probes ask without end and may rightly be answered 503. */
const leftOut = new Set([live, livez, metrics, readyz].map(({ path }) => path))

/** Series of the API. Routes are patterns and never addresses, so that nobody can make series by asking. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const seconds = new Histogram({
    name: 'bluesky_http_request_seconds',
    help: 'Time to answer HTTP requests, by method, pattern of the route (other: none), and status. Live streams and probes are left out.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  return {
    mount(app) {
      app.addHook('onResponse', async (request, reply) => {
        const route = request.routeOptions.url ?? 'other'
        if (leftOut.has(route)) return
        const labels = { method: request.method, route, status: reply.statusCode }
        seconds.observe(labels, reply.elapsedTime / 1000)
      })
    },
  }
}
