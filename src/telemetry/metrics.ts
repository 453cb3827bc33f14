import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

export interface ProcessIdentity {
  readonly version: string
  /** What this process is for: start, ingest, persistence, serve or maintain. */
  readonly role: string
}

/** Gauges of prom-client with the name of a counter; the same is told by type without it. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/**
 * The series of one process, with those about the process itself. Each stage adds its own, defined in its `metrics.ts`;
 * one registry a process, none a module.
 */
export function createRegistry({ version, role }: ProcessIdentity): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  new Gauge({
    name: 'bluesky_build_info',
    help: 'Always 1; the labels say which program this is.',
    labelNames: ['version', 'role'],
    registers: [registry],
  }).set({ version, role }, 1)
  return registry
}

/** Counts gaps of a process, whichever of its stages finds them. */
export function gapCounter(registry: Registry): Counter {
  return new Counter({
    name: 'bluesky_gaps_total',
    help: 'Stretches of network time found to be missing.',
    registers: [registry],
  })
}
