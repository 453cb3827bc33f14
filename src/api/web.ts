import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { health } from '../contract/health.ts'
import type { Reader } from '../read/read.ts'
import type { AnswerCache } from './answer-cache.ts'
import { answer, describeRoute } from './endpoints.ts'
import { hashInlineScripts } from './inline-scripts.ts'
import { policyFor } from './security.ts'

/** The one page of the dashboard, with the policy that lets its own scripts run. */
export interface Page {
  readonly html: string
  readonly policy: string
  /** False for the page that stands in for a dashboard that was not built. */
  readonly built: boolean
}

export async function readPage(webRoot: string | undefined): Promise<Page> {
  const html = webRoot === undefined ? null : await readText(join(webRoot, 'index.html'))
  const shown = html ?? notBuilt
  return { html: shown, policy: policyFor(hashInlineScripts(shown)), built: html !== null }
}

/** Files of the dashboard, and `/`: the dashboard for a browser, the health for a program. */
export async function mountWeb(
  app: FastifyInstance,
  options: { page: Page; webRoot: string | undefined; reader: Reader; cache: AnswerCache },
): Promise<void> {
  const { page, webRoot, reader, cache } = options
  app.route({
    method: 'GET',
    url: '/',
    schema: {
      ...describeRoute(health),
      summary: 'The dashboard for a browser, the health for a program',
      description: 'Answers HTML where `Accept` names text/html, else as `/health`.',
      // The dashboard keeps its state in the query of its address: what is not ours is left alone here.
      querystring: health.query,
    },
    handler: (request, reply) => {
      reply.header('vary', 'accept')
      if (wantsPage(request)) return sendPage(reply, page)
      return answer(health, { reader, cache, request, reply })
    },
  })
  if (webRoot === undefined || !page.built) return
  await app.register(fastifyStatic, {
    root: webRoot,
    index: false,
    dotfiles: 'deny',
    cacheControl: false,
    schemaHide: true,
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes(`${sep}assets${sep}`) ? forEver : forAnHour)
    },
  })
}

/** Whether a request is a browser going to a page of the dashboard: any path that is not the API's or a built file's. */
export function wantsPage(request: FastifyRequest): boolean {
  const { method, headers, url } = request
  if (method !== 'GET' && method !== 'HEAD') return false
  if (/^\/(api|assets)(\/|$|\?)/.test(url)) return false
  return headers.accept?.includes('text/html') === true
}

export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  return reply
    .code(200)
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-cache')
    .header('content-security-policy', page.policy)
    .serializer(String)
    .send(page.html)
}

/** Names in the folder carry a hash of the content. */
const forEver = 'public, max-age=31536000, immutable'
const forAnHour = 'public, max-age=3600'

const notBuilt = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Bluesky Analytics</title></head>
<body>
<h1>The dashboard is not built</h1>
<p>Run <code>npm run build</code> and start again. The API works without it: see <a href="/api/docs/">its description</a>.</p>
</body>
</html>
`

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null) // not built is a state, not a failure
}
