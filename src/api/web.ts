import { readFile, stat } from 'node:fs/promises'
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

/** The page as it is now. */
export type CurrentPage = () => Promise<Page>

/**
 * Reads the page of a folder, and reads it again when its file has changed: a dashboard that is built anew brings files
 * under other names. While there is none, which a build may cause for a moment, the last one stays.
 */
export function openPage(webRoot: string | undefined): CurrentPage {
  let page = toPage(null)
  let readAt: number | null = null
  return async () => {
    if (webRoot === undefined) return page
    const path = join(webRoot, 'index.html')
    const changedAt = await changeOf(path)
    if (changedAt === null || changedAt === readAt) return page
    const html = await readText(path)
    if (html === null) return page
    page = toPage(html)
    readAt = changedAt
    return page
  }
}

function toPage(html: string | null): Page {
  const shown = html ?? notBuilt
  return { html: shown, policy: policyFor(hashInlineScripts(shown)), built: html !== null }
}

/** Files of the dashboard, and `/`: the dashboard for a browser, the health for a program. */
export async function mountWeb(
  app: FastifyInstance,
  options: { page: CurrentPage; webRoot: string | undefined; reader: Reader; cache: AnswerCache },
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
    handler: async (request, reply) => {
      reply.header('vary', 'accept')
      if (wantsPage(request)) return sendPage(reply, await page())
      return answer(health, { reader, cache, request, reply })
    },
  })
  if (webRoot === undefined || !(await page()).built) return
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

async function changeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null, // as below
  )
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null) // not built is a state, not a failure
}
