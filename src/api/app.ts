/**
 * API: answers out over HTTP.
 *
 * Owns routes, validation, errors, caching, server-sent events, the OpenAPI document and the files of the dashboard.
 * Guarantees: what is documented is what is validated; every error is a problem document with a code and the request's id;
 * a client that goes away stops its question; a slow client is cut off before it costs memory. Never: speaks SQL.
 */

import type { FastifyInstance } from 'fastify'
import type { Reader } from '../read/read.ts'
import { createAnswerCache } from './answer-cache.ts'
import { type BaseOptions, createBase } from './base.ts'
import { mountDocs } from './docs.ts'
import { mountEndpoints } from './endpoints.ts'
import { mountLive } from './live.ts'
import { mountOperations, type Operations } from './ops.ts'
import { mountProblems } from './problems.ts'
import { mountWeb, openPage, sendPage, wantsPage } from './web.ts'

export interface AppOptions extends BaseOptions {
  readonly reader: Reader
  readonly version: string
  /** Folder of the built dashboard; without one, a page says how to build it. */
  readonly webRoot?: string
  /** State and numbers of this process, for those who run it. */
  readonly operations?: Operations
}

/** The whole application, not listening yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app = await createBase(options)
  const page = openPage(options.webRoot)
  mountProblems(app, {
    limited: options.rateLimit !== undefined,
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
  if (options.operations) mountOperations(app, options.operations)
  await mountWeb(app, { page, webRoot: options.webRoot, reader: options.reader, cache })
  return app
}
