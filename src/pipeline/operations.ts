import { hostname } from 'node:os'
import type { Operations } from '../api/ops.ts'
import { openOpsServer, type Server } from '../api/serve.ts'
import type { Config } from '../config.ts'
import { createStateMetrics } from '../read/metrics.ts'
import { openReader, type ProcessProbe, type StateReader } from '../read/read.ts'
import { createStateWithoutDatabase } from '../read/state.ts'
import type { Logger } from '../telemetry/logger.ts'
import { followsCollection } from './follows-collection.ts'
import { createEndOffsets, kafkaSourceName } from './kafka.ts'
import { probeSource } from './probe-source.ts'
import { needs, type ProcessTelemetry } from './process-telemetry.ts'

export interface OpsOptions {
  readonly config: Config
  readonly telemetry: ProcessTelemetry
  /** Null for a process that has no database. */
  readonly databaseUrl: string | null
  readonly logger: Logger
}

const poolSize = 2

/** The small server of processes that answer no questions, on OPS_PORT. Throws `AppError` `PORT_IN_USE`. */
export async function openOps(options: OpsOptions): Promise<Server> {
  const { config, telemetry, databaseUrl, logger } = options
  await using scope = new AsyncDisposableStack()
  const process = describeProcess(options)
  const state =
    databaseUrl === null
      ? createStateWithoutDatabase(process)
      : scope.use(
          openReader({
            url: databaseUrl,
            poolSize,
            statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
            process,
          }),
        ).state
  const server = scope.use(
    await openOpsServer({
      operations: createOperations(telemetry, state),
      allowedHosts: config.ALLOWED_HOSTS,
      host: config.HOST,
      port: config.OPS_PORT,
      logger,
    }),
  )
  logger.info({ url: server.url }, 'metrics and health')
  const owned = scope.move()
  return { url: server.url, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** What a process tells to those who run it, from its telemetry and its database. */
export function createOperations(telemetry: ProcessTelemetry, state: StateReader): Operations {
  const { registry, liveness } = telemetry
  const metrics = createStateMetrics(registry)
  return {
    state,
    live() {
      const checks = liveness.check()
      return { ok: checks.every(({ ok }) => ok), checks: [...checks] }
    },
    async metrics() {
      metrics.set(await state.observe())
      return registry.metrics()
    },
  }
}

/** What a process tells about itself to the questions that it answers. */
export function describeProcess({
  config,
  telemetry,
  logger,
}: Omit<OpsOptions, 'databaseUrl'>): ProcessProbe {
  const { role, version, board, owned } = telemetry
  const reads = role === 'start' || role === 'ingest'
  return {
    health: () => ({
      name: 'bluesky-analytics',
      version,
      source: reads ? config.SOURCE : 'none',
      components: board.all(),
      needs: needs[role],
    }),
    probeSource: (seconds, signal) => probeSource(config, seconds, { signal, logger }),
    owners: () => new Map([...owned].map((partition) => [partition, hostname()])),
    follows: (collection) => followsCollection(config.JETSTREAM_COLLECTIONS, collection),
    ...(config.KAFKA_BROKERS.length > 0 && {
      endOffsets: createEndOffsets(config),
      logSource: kafkaSourceName(config.KAFKA_TOPIC),
    }),
  }
}
