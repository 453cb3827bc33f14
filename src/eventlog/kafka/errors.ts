import { AppError, type ErrorCode } from '../../errors.ts'

interface Explanation {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
}

const grant = (what: string): Explanation => ({
  code: 'KAFKA_REFUSED',
  message: `no permission for ${what}`,
  hint: 'docs/operating.md lists the permissions that each role needs; grant them to the user of KAFKA_SASL_USERNAME.',
})

const logIn: Explanation = {
  code: 'KAFKA_REFUSED',
  message: 'the broker refuses name or password',
  hint: 'Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.',
}

const missing: Explanation = {
  code: 'KAFKA_UNFIT',
  message: 'the topic does not exist',
  hint: 'ingest and persistence make it when they start, if they may; else make it by hand.',
}

/** By the protocol's name of an error. @see https://kafka.apache.org/protocol#protocol_error_codes */
const byApiId: Readonly<Record<string, Explanation>> = {
  SASL_AUTHENTICATION_FAILED: logIn,
  ILLEGAL_SASL_STATE: logIn,
  UNSUPPORTED_SASL_MECHANISM: logIn,
  TOPIC_AUTHORIZATION_FAILED: grant('the topic'),
  GROUP_AUTHORIZATION_FAILED: grant('the consumer group'),
  // What a producer is told that may not write anything.
  CLUSTER_AUTHORIZATION_FAILED: grant('writing to the topic'),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: grant('writing idempotently'),
  POLICY_VIOLATION: {
    code: 'KAFKA_UNFIT',
    message: 'a policy of the cluster forbids the settings of the topic',
    hint: 'Make the topic by hand; docs/operating.md lists the settings it should have.',
  },
  INVALID_REPLICATION_FACTOR: {
    code: 'KAFKA_UNFIT',
    message: 'there are fewer brokers than KAFKA_REPLICATION wants copies',
    hint: 'Lower KAFKA_REPLICATION, or leave it at 0.',
  },
  UNKNOWN_TOPIC_OR_PARTITION: missing,
  OFFSET_OUT_OF_RANGE: {
    code: 'KAFKA_UNFIT',
    message: 'the topic does not have this offset any more',
    hint: 'Reading goes on from the first it has; what was lost is a gap.',
  },
  INVALID_TOPIC_EXCEPTION: {
    code: 'KAFKA_UNFIT',
    message: 'the name of the topic is not allowed',
    hint: 'Use letters, digits, dots, dashes and underscores in KAFKA_TOPIC.',
  },
  INVALID_RECORD: {
    code: 'KAFKA_UNFIT',
    message: 'the topic refuses messages without a key',
    hint: 'A compacted topic does: set its cleanup.policy to delete.',
  },
  INCONSISTENT_GROUP_PROTOCOL: {
    code: 'KAFKA_UNFIT',
    message: 'the group has members of another program',
    hint: 'Use another KAFKA_GROUP: each program needs one of its own.',
  },
  MESSAGE_TOO_LARGE: {
    code: 'KAFKA_UNFIT',
    message: 'a message is larger than the topic takes',
    hint: 'Raise max.message.bytes of the topic.',
  },
}

/**
 * What a failure of the client library means to whoever runs this: `KAFKA_REFUSED` (credentials, permissions), `KAFKA_UNFIT`
 * (topic), and for everything that may pass by itself `KAFKA_UNAVAILABLE`.
 *
 * @param attempt what was tried, such as "cannot reach Kafka at host:9092"
 */
export function explainKafka(cause: unknown, attempt: string): AppError {
  if (cause instanceof AppError) return cause
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const known = Object.entries(byApiId).find(([apiId]) => hasApiId(error, apiId))?.[1]
  const explanation = known ?? explainOwn(error)
  if (explanation) {
    const { code, message, hint } = explanation
    return new AppError(code, `${attempt}: ${message}`, { cause, hint })
  }
  return new AppError('KAFKA_UNAVAILABLE', `${attempt}: ${deepest(error)}`, {
    cause,
    hint: 'Check KAFKA_BROKERS, KAFKA_SSL and KAFKA_SASL_MECHANISM, and that the brokers run.',
  })
}

const certificate: Explanation = {
  code: 'KAFKA_REFUSED',
  message: 'the certificate of the broker cannot be verified',
  hint: 'Set KAFKA_SSL_CA to the file (PEM) with the certificate that signed it.',
}

/** What comes of the connection or of the library itself, and not of the protocol. */
function explainOwn(error: Error): Explanation | null {
  if (isMissingTopic(error)) return missing
  if (find(error, ({ code }) => code === 'PLT_KFK_AUTHENTICATION')) return logIn
  if (find(error, ({ code }) => /CERT|SELF_SIGNED|UNABLE_TO_/.test(String(code))))
    return certificate
  if (find(error, ({ message }) => message === 'Broker requires TLS.')) {
    return {
      code: 'KAFKA_REFUSED',
      message: 'the broker speaks TLS only',
      hint: 'Set KAFKA_SSL=true.',
    }
  }
  if (find(error, ({ message }) => String(message).startsWith('TLS handshake failed'))) {
    return {
      code: 'KAFKA_REFUSED',
      message: 'the broker does not speak TLS at this port',
      hint: 'Set KAFKA_SSL=false, or name the port for TLS in KAFKA_BROKERS.',
    }
  }
  return null
}

/** Whether the brokers know nothing of the topic: it is not there, or was made this very moment. */
export function isMissingTopic(error: unknown): boolean {
  return (
    hasApiId(error, 'UNKNOWN_TOPIC_OR_PARTITION') ||
    find(error, ({ message }) => String(message).startsWith('Unknown topic '))
  )
}

/** Whether one of the errors inside is this one of the protocol. */
export function hasApiId(error: unknown, apiId: string): boolean {
  return find(error, (inner) => inner.apiId === apiId)
}

/** Whether something holds for an error, its cause, or one of those it sums up; the library nests them five deep. */
function find(
  error: unknown,
  holds: (error: Readonly<Record<string, unknown>>) => boolean,
): boolean {
  if (!(error instanceof Error)) return false
  if (holds(error as unknown as Record<string, unknown>)) return true
  const inner = error instanceof AggregateError ? error.errors : []
  return [...inner, error.cause].some((cause) => find(cause, holds))
}

/** The innermost message: the outer ones only say how often and by whom it was tried. */
function deepest(error: Error): string {
  const inner = error.cause ?? (error instanceof AggregateError ? error.errors.at(-1) : undefined)
  return inner instanceof Error ? deepest(inner) : error.message || Object(error).code || error.name
}
