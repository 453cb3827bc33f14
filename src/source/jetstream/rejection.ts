import type { Wire } from '../../event/frame.ts'

/** A host's answer other than the upgrade to a WebSocket. */
export interface RefusedUpgrade {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: string
}

/** What a host's refusal means for the next try. */
export type Rejection =
  /** The request itself is wrong: asking again is pointless. */
  | { readonly kind: 'invalid'; readonly message: string }
  /** The cursor is older than what the host keeps; `floor` is the oldest sequence number it has. */
  | { readonly kind: 'too-old'; readonly floor: number | null }
  | { readonly kind: 'unknown-dictionary' }
  /** The host does not serve this path. */
  | { readonly kind: 'no-endpoint'; readonly status: number }
  /** Warming up, overloaded, or a proxy in between: later. */
  | { readonly kind: 'busy'; readonly message: string; readonly retryAfterMs: number }

const noEndpoint: readonly number[] = [200, 404, 405, 410, 501]
const tooLong: readonly number[] = [413, 414, 431]

/** Reads a refusal. Only an answer that Jetstream itself gives counts as invalid; a proxy's 400 may pass. Pure. */
export function readRejection(refused: RefusedUpgrade, wire: Wire, nowMs: number): Rejection {
  const { status, body } = refused
  if (noEndpoint.includes(status)) return { kind: 'no-endpoint', status }
  if (tooLong.includes(status)) {
    return { kind: 'invalid', message: 'the filters make the address too long for this host' }
  }
  if (status === 400) {
    const { name, message } = readXrpcError(body)
    if (name === 'CursorTooOld') return { kind: 'too-old', floor: readFloor(message) }
    if (name === 'UnknownZstdDictionary') return { kind: 'unknown-dictionary' }
    if (name === 'InvalidRequest') return { kind: 'invalid', message }
    const plain = firstLine(body)
    if (wire === 'v1' && plain !== '' && !plain.startsWith('<')) {
      return { kind: 'invalid', message: plain }
    }
  }
  const said = readXrpcError(body).message || firstLine(body)
  const message = said === '' || said.startsWith('<') ? `HTTP ${status}` : `HTTP ${status}: ${said}`
  return { kind: 'busy', message, retryAfterMs: readRetryAfterMs(refused.retryAfter, nowMs) }
}

/** `Retry-After` as ms from now: seconds or an HTTP date; 0 where absent or unreadable. */
export function readRetryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs)
}

function readFloor(message: string): number | null {
  const floor = Number(/floor (\d{1,15})/.exec(message)?.[1])
  return floor >= 1 ? floor : null
}

function readXrpcError(body: string): { name: string; message: string } {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== 'object' || parsed === null) return { name: '', message: '' }
    const { error, message } = parsed as Record<string, unknown>
    return {
      name: typeof error === 'string' ? error : '',
      message: typeof message === 'string' ? message : '',
    }
  } catch {
    return { name: '', message: '' } // plain text or a proxy's page
  }
}

function firstLine(body: string): string {
  return body.trim().split('\n', 1)[0]?.slice(0, 300) ?? ''
}
