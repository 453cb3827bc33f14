import { fileURLToPath } from 'node:url'
import { openServer, type Server } from '../api/serve.ts'
import type { Config } from '../config.ts'
import { openReader } from '../read/read.ts'
import type { Logger } from '../telemetry/logger.ts'
import { readVersion } from '../telemetry/version.ts'
import { probeSource } from './probe-source.ts'
import type { StatusBoard } from './status-board.ts'

export interface ServeOptions {
  readonly config: Config
  readonly databaseUrl: string
  /** What the writing stages of this process say about themselves; null where it only reads. */
  readonly board: StatusBoard | null
  readonly logger: Logger
}

const webRoot = fileURLToPath(new URL('../../web/dist', import.meta.url))
const poolSize = 8
const minuteMs = 60_000

/** API and dashboard on a database. Throws `AppError` `PORT_IN_USE`. */
export async function openServe(options: ServeOptions): Promise<Server> {
  const { config, databaseUrl, board, logger } = options
  await using scope = new AsyncDisposableStack()
  const version = readVersion()
  const reader = scope.use(
    openReader({
      url: databaseUrl,
      poolSize,
      statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
      process: {
        health: () => ({
          name: 'bluesky-analytics',
          version,
          source: board ? config.SOURCE : 'none',
          components: board?.all() ?? [],
        }),
        probeSource: (seconds, signal) => probeSource(config, seconds, { signal, logger }),
      },
    }),
  )
  const server = scope.use(
    await openServer({
      reader,
      version,
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
