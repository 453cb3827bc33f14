/** Which shape the frames of a source have: the two wires of Jetstream (a recorded file is either). */
export type Wire = 'v1' | 'v2'

/** Where a frame stands in its source: enough for a later run to continue right behind it. */
export interface Position {
  /** Base URL of a Jetstream host, `file:<digest>` of a recorded file, or `synthetic:<seed>`. */
  readonly host: string
  readonly wire: Wire
  /** Place in the host's own sequence (v2 hosts: `seq`; files: line number). Null on hosts that have none. */
  readonly seq: number | null
  /** The network's clock at this frame, microseconds since 1970. */
  readonly timeUs: number
  /** Rises when a host was rebuilt and its sequence started over: sequence numbers compare within one epoch only. */
  readonly epoch: number
}

/** One message as it arrived, undecoded, with its position and when it came (own clock, µs since 1970). */
export interface Frame {
  readonly bytes: Buffer
  readonly position: Position
  readonly receivedUs: number
}

/** A stretch of network time, [fromUs, toUs) in µs, of which events are known to be missing. */
export interface Gap {
  readonly host: string
  readonly fromUs: number
  readonly toUs: number
  readonly reason: GapReason
}

export const gapReasons = [
  'cursor-too-old',
  'cursor-clamped',
  'host-reset',
  'offline',
  'log-expired',
] as const
export type GapReason = (typeof gapReasons)[number]

/** What a source hands on at a time: frames in order, and the gaps it discovered before them. */
export interface Chunk {
  readonly frames: readonly Frame[]
  readonly gaps: readonly Gap[]
}
