import type { GapReason } from '../../event/frame.ts'
import type { Rejection } from './rejection.ts'

/** Why a connection, or the attempt at one, came to its end. */
export type Ending =
  | { readonly kind: 'aborted' }
  /** Name, network, TLS or handshake. */
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  /** By the host, or by the network (1006). */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  /** No byte of any kind, and no answer to a ping. */
  | { readonly kind: 'silent'; readonly quietMs: number }
  /** Pings are answered, but no event comes though everything was asked for. */
  | { readonly kind: 'no-events'; readonly quietMs: number }
  /** The last message of a v2 host before it drops the connection. */
  | { readonly kind: 'error-frame'; readonly name: string; readonly message: string }
  /** Closed by us: what was read is not taken fast enough, and a host drops readers that pause. */
  | { readonly kind: 'slow-sink' }
  /** Closed by us: the host does not have the place that was asked for. */
  | { readonly kind: 'reset'; readonly reason: GapReason }
  /** Closed by us: a message did not decompress; it comes again as plain text. */
  | { readonly kind: 'broken-compression' }
  /** A message above the limit of the WebSocket. */
  | { readonly kind: 'oversize' }
  /** Closed by us: nothing but messages without a position. */
  | { readonly kind: 'unreadable' }

/** One clause for the operator. */
export function describeEnding(ending: Ending): string {
  switch (ending.kind) {
    case 'aborted':
      return 'stopped'
    case 'unreachable':
      return `cannot be reached (${ending.message})`
    case 'rejected':
      return describeRejection(ending.rejection)
    case 'closed':
      return ending.reason === ''
        ? `closed the connection (${ending.code})`
        : `closed the connection (${ending.code}: ${ending.reason})`
    case 'silent':
      return `gave no sign of life for ${Math.round(ending.quietMs / 1000)} s`
    case 'no-events':
      return `sent no event for ${Math.round(ending.quietMs / 1000)} s`
    case 'error-frame':
      return `ended the stream: ${ending.name} ${ending.message}`.trimEnd()
    case 'slow-sink':
      return 'was left until what it sent is stored'
    case 'reset':
      return 'does not go on at the last event stored'
    case 'broken-compression':
      return 'sent a message that does not decompress'
    case 'oversize':
      return 'sent a message above the size limit'
    case 'unreadable':
      return 'sends messages that cannot be read'
    default:
      return ending satisfies never
  }
}

function describeRejection(rejection: Rejection): string {
  switch (rejection.kind) {
    case 'invalid':
      return `refused the request: ${rejection.message}`
    case 'too-old':
      return 'no longer has the events after the last one stored'
    case 'unknown-dictionary':
      return 'does not know the compression dictionary'
    case 'no-endpoint':
      return `does not serve this wire (HTTP ${rejection.status})`
    case 'busy':
      return `is not ready (${rejection.message})`
    default:
      return rejection satisfies never
  }
}
