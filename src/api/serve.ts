import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { type AppOptions, buildApp } from './app.ts'
import type { BaseOptions } from './base.ts'
import { buildOps, type OpsOptions } from './ops.ts'
import { loopbackNames } from './security.ts'

export interface Address {
  /** Address to listen on. */
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
}

export interface ServerOptions extends AppOptions, Address {}

export interface OpsServerOptions extends OpsOptions, Address {}

export interface Server extends AsyncDisposable {
  /** Where a person opens it. */
  readonly url: string
}

/**
 * Listens. On a loopback address only the usual names of loopback, and those in `allowedHosts`, are answered. Throws
 * `AppError` `PORT_IN_USE`. Closing ends live streams at once and lets other requests finish.
 */
export async function openServer(options: ServerOptions): Promise<Server> {
  return listen(await buildApp(guarded(options)), options, (port) => `--port ${port}`)
}

/** As `openServer`, for processes that answer no questions: their state and their numbers. */
export async function openOpsServer(options: OpsServerOptions): Promise<Server> {
  return listen(await buildOps(guarded(options)), options, (port) => `OPS_PORT=${port}`)
}

/** On loopback a page of somebody else must not get through under a name of its own; elsewhere any name may be right. */
function guarded<Options extends Address & BaseOptions>(options: Options) {
  const { allowedHosts = [], ...rest } = options
  return isLoopback(options.host)
    ? { ...rest, allowedHosts: [...loopbackNames, ...allowedHosts] }
    : rest
}

/** @param choose how a person says which port to use */
async function listen(
  app: FastifyInstance,
  { host, port }: Address,
  choose: (port: number) => string,
): Promise<Server> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    throw explainListening(cause, { host, port }, choose)
  }
  return { url: urlOf(app, host), [Symbol.asyncDispose]: () => app.close() }
}

function explainListening(
  cause: unknown,
  { host, port }: Address,
  choose: (port: number) => string,
): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    return new AppError('PORT_IN_USE', `port ${port} on ${host} is in use by another program`, {
      cause,
      hint: `Stop that one, or choose another port with ${choose(port + 1)}.`,
    })
  }
  if (code === 'EACCES') {
    return new AppError('PORT_IN_USE', `port ${port} may not be used by this account`, {
      cause,
      hint: `Choose a port from 1024 up, such as ${choose(8080)}.`,
    })
  }
  return cause
}

function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  // A wildcard address is no place to open; this machine reaches it by its own name.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}
