import type { BaseOptions } from '@platformatic/kafka'

/** How to reach a Kafka cluster. */
export interface KafkaConnection {
  /** host:port each; the others of the cluster are learnt from them. */
  readonly brokers: readonly string[]
  /** TLS, with the authority that signed the brokers' certificates (PEM) where it is not a public one; null for none. */
  readonly tls: { readonly ca?: string } | null
  readonly sasl: KafkaLogin | null
}

export interface KafkaLogin {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

const connectTimeoutMs = 5_000
const requestTimeoutMs = 15_000

/**
 * Options that every client is made with. The library repeats nothing by itself: the callers wait, say so, and try again
 * until they are told to stop, which it could not.
 */
export function clientOptions(connection: KafkaConnection, clientId: string): BaseOptions {
  const { brokers, tls, sasl } = connection
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    timeout: requestTimeoutMs,
    retries: 0,
    autocreateTopics: false,
    ...(tls && { tls }),
    ...(sasl && { sasl }),
  }
}
