import { z } from 'zod'
import { defineEndpoint } from './endpoint.ts'

/** Yes or no, with what was looked at. */
export const Probe = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
})
export type Probe = z.infer<typeof Probe>

export const livez = defineEndpoint({
  method: 'GET',
  path: '/livez',
  summary: 'Whether this process is worth keeping',
  description:
    '200 while work that is there gets done. 503 when a stage has had work for minutes, waits for nothing, and does none: restart it then. Waiting for a database, a broker or the network is no reason. Asks nobody.',
  tags: ['system'],
  query: z.object({}),
  response: Probe,
  unready: 'As 200, but a stage is stuck: restart this process',
  cacheSeconds: 0,
})

export const readyz = defineEndpoint({
  method: 'GET',
  path: '/readyz',
  summary: 'Whether this process can do its work now',
  description:
    '200 when what its work needs is there: the database for `start`, `serve` and `maintain`, database and log for `persistence`, the log for `ingest`. Else 503.',
  tags: ['system'],
  query: z.object({}),
  response: Probe,
  unready: 'As 200, but something that its work needs is away',
  cacheSeconds: 0,
})

export const metrics = defineEndpoint({
  method: 'GET',
  path: '/metrics',
  summary: 'Numbers about this process for Prometheus',
  description: 'Text format 0.0.4. What each means: docs/monitoring.md.',
  tags: ['system'],
  query: z.object({}),
  response: z.string().describe('text/plain; version=0.0.4'),
  cacheSeconds: 0,
})
