import type { Problem } from '#contract/common.ts'
import type { Endpoint, QueryInputOf, ResponseOf } from '#contract/endpoint.ts'

/** Why a request has no answer, in words for the tile that asked. */
export class RequestError extends Error {
  readonly kind: 'refused' | 'failed' | 'unreachable'
  readonly requestId: string | null
  readonly code: string | null
  /** What is wrong with which parameter, where that was the reason. */
  readonly parameters: NonNullable<Problem['errors']>

  constructor(
    kind: RequestError['kind'],
    message: string,
    options: {
      requestId?: string | null
      code?: string | null
      parameters?: NonNullable<Problem['errors']>
      cause?: unknown
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RequestError'
    this.kind = kind
    this.requestId = options.requestId ?? null
    this.code = options.code ?? null
    this.parameters = options.parameters ?? []
  }
}

const timeoutMs = 20_000

/**
 * Asks an endpoint. `alsoOk` lists statuses whose body is an answer all the same (health answers 503 when not ready).
 * Throws RequestError; rethrows what `signal` was aborted with.
 */
export async function ask<E extends Endpoint>(
  endpoint: E,
  query: QueryInputOf<E>,
  signal: AbortSignal,
  alsoOk: readonly number[] = [],
): Promise<ResponseOf<E>> {
  const url = endpoint.path + queryString(query)
  let response: Response
  try {
    response = await fetch(url, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
  } catch (cause) {
    if (signal.aborted) throw cause
    const slow = cause instanceof DOMException && cause.name === 'TimeoutError'
    throw new RequestError(
      'unreachable',
      slow ? `No answer within ${timeoutMs / 1000} s.` : 'The server does not answer.',
      { cause },
    )
  }
  if (!response.ok && !alsoOk.includes(response.status)) throw await refusal(response)
  try {
    const body: unknown = await response.json()
    // The built dashboard carries no validators (vite.config.ts); while developing, an answer off the contract shows at once.
    if (import.meta.env?.DEV) return endpoint.response.parse(body) as ResponseOf<E>
    return body as ResponseOf<E>
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new RequestError('failed', 'The answer could not be read.', {
      cause,
      requestId: response.headers.get('x-request-id'),
    })
  }
}

/** `?a=1&b=x&b=y`; what is undefined is left out. */
export function queryString(query: unknown): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null) params.append(name, String(one))
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

async function refusal(response: Response): Promise<RequestError> {
  const requestId = response.headers.get('x-request-id')
  const kind = response.status < 500 ? 'refused' : 'failed'
  try {
    const problem: Partial<Problem> = await response.json()
    if (typeof problem.detail === 'string')
      return new RequestError(kind, problem.detail, {
        requestId: problem.requestId ?? requestId,
        code: problem.code ?? null,
        parameters: problem.errors ?? [],
      })
  } catch {
    // No JSON: a proxy or a crash answered; the status says what there is to say.
  }
  // A proxy in front of a server that is down answers for it.
  if (response.status === 502 || response.status === 504)
    return new RequestError('unreachable', 'The server does not answer.', { requestId })
  return new RequestError(kind, `The server answered ${response.status} ${response.statusText}.`, {
    requestId,
  })
}
