/**
 * API: answers out over HTTP.
 *
 * Owns routes, validation, errors, caching, server-sent events, the OpenAPI document and the files of the dashboard.
 * Guarantees: what is documented is what is validated; every error is a problem document with a code and the request's id;
 * a client that goes away stops its question; a slow client is cut off before it costs memory. Never: speaks SQL.
 */

import { constants } from 'node:zlib'
import compress from '@fastify/compress'
import rateLimit from '@fastify/rate-limit'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { AppError } from '../errors.ts'
import type { Reader } from '../read/read.ts'
import { createAnswerCache } from './answer-cache.ts'
import { mountDocs } from './docs.ts'
import { mountEndpoints } from './endpoints.ts'
import { mountLive } from './live.ts'
import { mountProblems, sendUnroutable } from './problems.ts'
import { chooseRequestId, mountSecurity } from './security.ts'
import { mountWeb, openPage, sendPage, wantsPage } from './web.ts'

export interface AppOptions {
  readonly reader: Reader
  readonly version: string
  /** Folder of the built dashboard; without one, a page says how to build it. */
  readonly webRoot?: string
  /** Names that the Host header may have; undefined for any. Guards a loopback server against DNS rebinding. */
  readonly allowedHosts?: readonly string[]
  /** Requests that one address may make. */
  readonly rateLimit?: { readonly max: number; readonly windowMs: number }
  readonly logger?: FastifyBaseLogger
  /** Believe the addresses in X-Forwarded-For of a proxy in front. */
  readonly trustProxy?: boolean
}

/** The whole application, not listening yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    ...(options.logger ? { loggerInstance: options.logger } : { logger: false }),
    // Steady state is quiet; what fails is logged by the error handler.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: chooseRequestId,
    requestIdHeader: false,
    trustProxy: options.trustProxy ?? false,
    bodyLimit: 1_024,
    frameworkErrors: sendUnroutable,
    // A request must have come within this time; answers may take as long as they need.
    requestTimeout: 30_000,
    return503OnClosing: true,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 200 },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  const limit = options.rateLimit
  if (limit) {
    await app.register(rateLimit, {
      max: limit.max,
      timeWindow: limit.windowMs,
      errorResponseBuilder: (_request, { after }) =>
        new AppError('RATE_LIMITED', `too many requests; the next is welcome in ${after}`),
    })
  }
  await mountSecurity(app, options)
  await app.register(compress, {
    threshold: 1_024,
    encodings: ['br', 'gzip'],
    // Quality 4: a tenth of the time of the default, a few percent more bytes.
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  })
  const page = openPage(options.webRoot)
  mountProblems(app, {
    limited: limit !== undefined,
    fallback: async (request, reply) => {
      if (!wantsPage(request)) return null
      const shown = await page()
      return shown.built ? sendPage(reply, shown) : null
    },
  })
  await mountDocs(app, options.version)
  const cache = createAnswerCache()
  mountEndpoints(app, options.reader, cache)
  mountLive(app, options.reader.live)
  await mountWeb(app, { page, webRoot: options.webRoot, reader: options.reader, cache })
  return app
}
