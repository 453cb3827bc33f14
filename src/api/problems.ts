import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { Problem } from '../contract/common.ts'
import { AppError, type ErrorCode, errorCodes, type RefusedParameter } from '../errors.ts'
import { ClientGone } from './client-signal.ts'
import { explainIssues } from './refused-parameters.ts'

export interface ProblemOptions {
  /** Whether requests for what does not exist count towards the rate limit. */
  readonly limited: boolean
  /** Answers what is no route but is wanted all the same (a page of the dashboard), or null. */
  readonly fallback: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | null>
}

/** Every error of every route, as `application/problem+json`. */
export function mountProblems(app: FastifyInstance, { limited, fallback }: ProblemOptions): void {
  app.setErrorHandler<FastifyError | AppError | Error>((error, request, reply) => {
    if (error instanceof ClientGone) return reply.hijack() // nobody is left to read an answer
    const { status, ...problem } = describe(error, request)
    // The details of our own failures are for the log, together with the request's id.
    if (status >= 500) request.log.error({ err: error, requestId: request.id }, 'request failed')
    return sendProblem(reply, request, status, problem)
  })
  app.setNotFoundHandler(
    limited ? { preHandler: app.rateLimit() } : {},
    async (request, reply) => (await fallback(request, reply)) ?? sendNotFound(app, request, reply),
  )
}

/** What is refused before there is a route, such as a URL that cannot be decoded; no hook has run. */
export function sendUnroutable(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.header('x-request-id', request.id)
  const { status, ...problem } = describe(error, request)
  void sendProblem(reply, request, status, problem)
}

/** 405 where another method would be right, else 404. */
function sendNotFound(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? ''
  const isRoute = request.method !== 'GET' && app.hasRoute({ method: 'GET', url: path })
  if (isRoute) {
    reply.header('allow', 'GET, HEAD')
    return sendProblem(reply, request, 405, {
      code: 'METHOD_REFUSED',
      detail: `${path} answers GET, not ${request.method}`,
    })
  }
  return sendProblem(reply, request, 404, {
    code: 'NOT_FOUND',
    detail: `There is nothing at ${path.slice(0, 200)}. The API is described at /api/docs/.`,
  })
}

interface Description {
  readonly code: string
  readonly detail: string
  readonly errors?: readonly RefusedParameter[]
}

function sendProblem(
  reply: FastifyReply,
  request: FastifyRequest,
  status: number,
  { code, detail, errors }: Description,
): FastifyReply {
  const problem: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    requestId: request.id,
    ...(errors && errors.length > 0 && { errors: [...errors] }),
  }
  if (isRetryable(code) && !reply.hasHeader('retry-after')) reply.header('retry-after', '2')
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .removeHeader('etag')
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problem)
}

function describe(error: FastifyError | AppError | Error, request: FastifyRequest) {
  if (error instanceof AppError) {
    const { status } = errorCodes[error.code]
    const detail = error.hint ? `${sentence(error.message)} ${error.hint}` : sentence(error.message)
    return status === 500
      ? internal
      : { status, code: error.code, detail, errors: error.parameters }
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = explainIssues(error.validation, request.routeOptions.schema?.querystring)
    return { status: 400, code: 'REQUEST_INVALID', detail: summariseErrors(errors), errors }
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500
  // What Fastify itself refuses: a body too large, a URL that cannot be decoded …
  if (status >= 400 && status < 500) {
    return { status, code: 'REQUEST_INVALID', detail: sentence(error.message) }
  }
  return internal
}

const internal = {
  status: 500,
  code: 'INTERNAL' satisfies ErrorCode,
  detail: 'This failed on our side. The log has the cause under the request id.',
}

function summariseErrors(errors: readonly RefusedParameter[]): string {
  const names = [...new Set(errors.map(({ parameter }) => parameter))].join(', ')
  return `This cannot be answered as asked: see ${names}.`
}

function isRetryable(code: string): boolean {
  return code in errorCodes && errorCodes[code as ErrorCode].retry
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(upper) ? upper : `${upper}.`
}
