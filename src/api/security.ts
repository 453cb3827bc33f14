import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import type { BaseOptions } from './base.ts'

/** Names under which a server on the loopback interface may be reached. */
export const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** The request's own id where it has a sane one, so that a trace goes through; else a fresh one. */
export function chooseRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID()
}

/** Headers that every answer has, and the check of the Host header. */
export async function mountSecurity(
  app: FastifyInstance,
  { allowedHosts }: Pick<BaseOptions, 'allowedHosts'>,
): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (allowedHosts && !isAllowed(request.headers.host, allowedHosts)) {
      throw new AppError(
        'HOST_REFUSED',
        `this server does not answer to the name ${JSON.stringify(request.headers.host ?? '')}`,
        { hint: `Open it as ${allowedHosts[0]}, or add the name to ALLOWED_HOSTS.` },
      )
    }
  })
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    // Whoever ends TLS in front of this server knows whether there is TLS; over HTTP the header means nothing.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  })
}

const policy = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
}

/** The policy for one page that also has inline scripts of its own, named by their hashes. */
export function policyFor(
  inlineScripts: readonly string[],
  extra: Partial<typeof policy> = {},
): string {
  const directives = {
    ...policy,
    ...extra,
    scriptSrc: [
      ...(extra.scriptSrc ?? policy.scriptSrc),
      ...inlineScripts.map((hash) => `'${hash}'`),
    ],
  }
  return Object.entries(directives)
    .map(([name, values]) => `${kebab(name)} ${values.join(' ')}`)
    .join('; ')
}

function isAllowed(host: string | undefined, allowed: readonly string[]): boolean {
  const name = host?.toLowerCase().replace(/:\d+$/, '')
  return name !== undefined && allowed.includes(name)
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
