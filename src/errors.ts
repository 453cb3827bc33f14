/**
 * Every error this program raises on purpose has one of these codes. The table answers what callers ask:
 * may the same call be tried again, which HTTP status is it, and which exit code does a command end with.
 */
export const errorCodes = {
  CONFIG_INVALID: { retry: false, status: 500, exit: 2 },
  USAGE_INVALID: { retry: false, status: 400, exit: 2 },
  REQUEST_INVALID: { retry: false, status: 400, exit: 2 },
  CURSOR_INVALID: { retry: false, status: 400, exit: 2 },
  NOT_FOUND: { retry: false, status: 404, exit: 1 },
  METHOD_REFUSED: { retry: false, status: 405, exit: 1 },
  HOST_REFUSED: { retry: false, status: 403, exit: 1 },
  RATE_LIMITED: { retry: true, status: 429, exit: 1 },
  TOO_BUSY: { retry: true, status: 503, exit: 1 },
  QUERY_TOO_SLOW: { retry: true, status: 503, exit: 1 },
  DATABASE_UNAVAILABLE: { retry: true, status: 503, exit: 1 },
  DATABASE_IN_USE: { retry: false, status: 503, exit: 1 },
  DATABASE_FOREIGN: { retry: false, status: 503, exit: 1 },
  DATABASE_UNFIT: { retry: false, status: 503, exit: 1 },
  POSITION_MOVED: { retry: false, status: 500, exit: 1 },
  SOURCE_REJECTED: { retry: false, status: 503, exit: 1 },
  SOURCE_UNREACHABLE: { retry: true, status: 503, exit: 1 },
  FILE_UNREADABLE: { retry: false, status: 400, exit: 1 },
  KAFKA_MISSING: { retry: false, status: 503, exit: 2 },
  KAFKA_UNAVAILABLE: { retry: true, status: 503, exit: 1 },
  KAFKA_REFUSED: { retry: false, status: 503, exit: 1 },
  KAFKA_UNFIT: { retry: false, status: 503, exit: 1 },
  PORT_IN_USE: { retry: false, status: 503, exit: 1 },
  INTERNAL: { retry: false, status: 500, exit: 1 },
} as const satisfies Record<string, { retry: boolean; status: number; exit: number }>

export type ErrorCode = keyof typeof errorCodes

export interface RefusedParameter {
  readonly parameter: string
  readonly message: string
}

/** An error with a code from the table, a sentence a person can act on, and the cause it wraps. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** What to try, one sentence; shown below the message in a terminal. */
  readonly hint: string | undefined
  /** The parameters that were refused, each with what would be right. */
  readonly parameters: readonly RefusedParameter[]

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; hint?: string; parameters?: readonly RefusedParameter[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.hint = options.hint
    this.parameters = options.parameters ?? []
  }
}
