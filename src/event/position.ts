import type { Wire } from './frame.ts'
import { readTimeUs } from './time.ts'

/** Where a frame says it stands; either half may be missing or unreadable, never both. */
export interface Place {
  readonly seq: number | null
  readonly timeUs: number | null
}

/** A message of the v2 wire that is no event: about the subscription (`info`), or the last word before a drop (`error`). */
export interface Notice {
  readonly kind: 'info' | 'error'
  readonly name: string
  readonly message: string
}

// v1 frames begin with these keys in this order. v2 hosts sort their keys, which puts seq and time at the very end: the
// two closing braces right behind them prove that they are the payload's own and not a record's.
const v1Head = /^\{"did":"[^"\\]+","time_us":(\d{1,16}),(?:"cursor":(\d{1,16}),)?"kind":"/
const v2Head = Buffer.from('{"$type":"message","payload":{"$type":"network.bsky.jetstream.subs')
const v2Tail = /"seq":(\d{1,16}),"time":"([^"\\]+)"\}\}$/
const headBytes = 320
const tailBytes = 80

/**
 * Position of a frame without parsing it: its head or tail is matched as text, and only a frame of another shape is
 * parsed whole. Null where neither a sequence number nor a time can be read. Never throws.
 */
export function readPlace(bytes: Buffer, wire: Wire): Place | null {
  if (wire === 'v1') {
    const match = v1Head.exec(bytes.toString('latin1', 0, Math.min(headBytes, bytes.length)))
    if (match) return place(positive(Number(match[2])), positive(Number(match[1])))
  } else if (
    bytes.compare(v2Head, 0, v2Head.length, 0, Math.min(v2Head.length, bytes.length)) === 0
  ) {
    const match = v2Tail.exec(bytes.toString('latin1', Math.max(0, bytes.length - tailBytes)))
    if (match) return place(positive(Number(match[1])), readTimeUs(match[2] ?? ''))
  }
  return readParsedPlace(parseObject(bytes), wire)
}

/** The notice in a v2 frame, or null where it is anything else. Ask only about frames without a place: it parses. */
export function readNotice(bytes: Buffer): Notice | null {
  const envelope = parseObject(bytes)
  if (envelope?.$type === 'error') {
    return { kind: 'error', name: text(envelope.error), message: text(envelope.message) }
  }
  const payload = envelope?.$type === 'message' ? object(envelope.payload) : null
  if (!payload || !text(payload.$type).endsWith('#info')) return null
  return { kind: 'info', name: text(payload.name), message: text(payload.message) }
}

function readParsedPlace(frame: Record<string, unknown> | null, wire: Wire): Place | null {
  if (!frame) return null
  if (wire === 'v1') return place(positive(frame.cursor), positive(frame.time_us))
  const payload = object(frame.payload)
  return payload ? place(positive(payload.seq), readTimeUs(text(payload.time))) : null
}

function place(seq: number | null, timeUs: number | null): Place | null {
  return seq === null && timeUs === null ? null : { seq, timeUs }
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null
}

function parseObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    return object(JSON.parse(bytes.toString('utf8')))
  } catch {
    return null // not JSON: the decoder sets the frame aside with its reason
  }
}

function object(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
