import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { hashInlineScripts } from './inline-scripts.ts'
import { policyFor } from './security.ts'

export const openApiPath = '/api/openapi.json'
const docsPath = '/api/docs'

/** The OpenAPI document, made from the contracts, and a page to browse it that loads nothing from elsewhere. */
export async function mountDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bluesky Analytics',
        version,
        description,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: [
        { name: 'analytics', description: 'Numbers over a range of network time' },
        { name: 'live', description: 'What is happening now' },
        { name: 'posts', description: 'Posts' },
        { name: 'users', description: 'Accounts' },
        { name: 'system', description: 'The state of this server' },
      ],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { override: simplify } }),
  })
  let document: Buffer | undefined
  app.get(openApiPath, { schema: { hide: true } }, async (_request, reply) => {
    document ??= Buffer.from(JSON.stringify(app.swagger()))
    return reply
      .type('application/json; charset=utf-8')
      .header('cache-control', 'public, max-age=60')
      .send(document)
  })
  await app.register(async (docs) => {
    docs.addHook('onSend', async (_request, reply, payload) => {
      const type = String(reply.getHeader('content-type') ?? '')
      if (type.startsWith('text/html') && typeof payload === 'string') {
        // The page brings its styles along in its script, and adds them at run time.
        const styles = { styleSrc: ["'self'", "'unsafe-inline'"] }
        reply.header('content-security-policy', policyFor(hashInlineScripts(payload), styles))
      }
      if (type.startsWith('application/javascript')) {
        reply.header('cache-control', 'public, max-age=3600')
      }
      return payload
    })
    await docs.register(scalar, {
      routePrefix: docsPath,
      logLevel: 'silent',
      configuration: {
        url: openApiPath,
        pageTitle: 'Bluesky Analytics API',
        // Nothing is fetched from, or reported to, anybody else.
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        agent: { disabled: true },
        mcp: { disabled: true },
      },
    })
  })
}

/** Leaves out what a reader of the document gains nothing from: patterns that a format says already, and safe integers. */
function simplify({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

const description = `Numbers about the Bluesky network that say how complete they are.

Times are RFC 3339 in UTC, ranges are half-open (\`[from, to)\`), lists page by key: pass \`next\` as \`cursor\`.
Every analytic answer has \`asOf\` (network time of the newest stored event), \`coverage\` (what part of the range was
received, and the gaps) and \`counted\` (exact counts, all matching posts, or the newest of them).
Errors are \`application/problem+json\` (RFC 9457) with a \`code\` and the \`requestId\` that is in the log.`
