import { fileURLToPath } from 'node:url'
import { createHttpMetrics } from '../api/metrics.ts'
import { openServer, type Server } from '../api/serve.ts'
import type { Config } from '../config.ts'
import { openReader } from '../read/read.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createOperations, describeProcess } from './operations.ts'
import type { ProcessTelemetry } from './process-telemetry.ts'

export interface ServeOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly telemetry: ProcessTelemetry
  readonly logger: Logger
}

const webRoot = fileURLToPath(new URL('../../web/dist', import.meta.url))
const poolSize = 8
const minuteMs = 60_000

/** API and dashboard on a database. Throws `AppError` `PORT_IN_USE`. */
export async function openServe(options: ServeOptions): Promise<Server> {
  const { config, databaseUrl, telemetry, logger } = options
  await using scope = new AsyncDisposableStack()
  const { version, registry } = telemetry
  const reader = scope.use(
    openReader({
      url: databaseUrl,
      poolSize,
      statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
      process: describeProcess(options),
    }),
  )
  const server = scope.use(
    await openServer({
      reader,
      version,
      operations: createOperations(telemetry, reader.state),
      metrics: createHttpMetrics(registry),
      webRoot,
      allowedHosts: config.ALLOWED_HOSTS,
      host: config.HOST,
      port: config.PORT,
      trustProxy: config.TRUST_PROXY,
      logger,
      ...(config.RATE_LIMIT > 0 && { rateLimit: { max: config.RATE_LIMIT, windowMs: minuteMs } }),
    }),
  )
  const owned = scope.move()
  return { url: server.url, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
