/**
 * Source: frames in the order their origin gives them, each with its position.
 *
 * Owns the connection (or file, or generator), reconnecting, and back-pressure: frames are pulled, and what has not
 * been pulled is bounded in bytes. Guarantees: a source opened at a position continues right behind it, so that
 * everything after the last stored frame comes (again, where the origin repeats); what it cannot deliver is a `Gap`.
 * Never: decodes records, drops a frame because it looks wrong, or remembers its position itself.
 */
import type { Chunk } from '../event/frame.ts'

export interface Source {
  /**
   * Frames until the signal given at opening aborts or the origin ends (files). May be iterated once. Throws `AppError`
   * `SOURCE_REJECTED` or `FILE_UNREADABLE` when the origin says that retrying is pointless; network trouble never ends it.
   */
  chunks(): AsyncIterable<Chunk>
  /** How the source is doing now, cheap enough to ask each second. */
  status(): SourceStatus
}

/**
 * `idle` not started, `connecting` first try or reconnecting at once, `waiting` backing off after a failure,
 * `catching-up` receiving events that are old, `live` receiving current events, `ended` the origin has no more.
 */
export type SourceState = 'idle' | 'connecting' | 'waiting' | 'catching-up' | 'live' | 'ended'

export interface SourceStatus {
  readonly state: SourceState
  /** When it came into this state, ms since 1970. */
  readonly sinceMs: number
  /**
   * Since when there is a connection to its origin, ms since 1970; null while there is none. Absent where it needs none.
   */
  readonly connectedMs?: number | null
  /** One sentence for the operator: what it is connected to, or what failed and what happens next. */
  readonly detail: string
  readonly kind: 'jetstream' | 'file' | 'synthetic'
  /** Base URL, file name or seed. */
  readonly host: string
  readonly frames: number
  readonly bytes: number
  readonly reconnects: number
  /** Network clock of the newest frame handed out, µs, or null before the first. */
  readonly lastTimeUs: number | null
  /** Own clock at the arrival of the newest frame, ms, or null before the first. */
  readonly lastFrameMs: number | null
  /** Frames set aside by reason without being handed on (oversize, broken compression …). */
  readonly skipped: Readonly<Record<string, number>>
}
