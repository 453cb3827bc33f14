/**
 * Event log: what lies between reading the network and storing it.
 *
 * Owns frames that were received and are not stored yet, in order, numbered by offset. Guarantees: what `append` has
 * acknowledged can be read, in order, until it is released (in memory) or its time is up (Kafka); the memory of either side
 * is bounded, and when the log cannot take more, appending waits, which is what tells a source to stop reading. Never:
 * decodes frames, knows who writes or reads.
 */
import type { Chunk, Position } from '../event/frame.ts'

/** Place in the log. `next` of a batch is the offset to read on from. */
export type Offset = number

export interface LogBatch {
  readonly chunk: Chunk
  readonly next: Offset
  /** Up to here the log has everything of its source, though no frame of this batch may say so; null where unknown. */
  readonly watermark: Position | null
}

export interface ReadOptions {
  readonly from: Offset
  /** Most frames of a batch; a single larger chunk is handed on whole. */
  readonly maxFrames: number
  /** How long the first frame of a batch may wait for others, ms. */
  readonly maxWaitMs: number
  /** Ends the reading; what was handed out stays valid. */
  readonly signal: AbortSignal
}

/** The side that a source is pumped into. */
export interface LogWriter {
  /** Takes a chunk and resolves when it is as safe as this log makes it. Waits while the log is full; throws when aborted. */
  append(chunk: Chunk, signal: AbortSignal): Promise<void>
  /** Nothing more will be appended: readers in this process get what is left and finish. */
  end(): void
  status(): LogStatus
}

/** The side that is stored: one partition of the log. */
export interface LogReader {
  /** Batches from an offset, until the log has ended or the signal aborts. Throws where the offset was released already. */
  read(options: ReadOptions): AsyncIterable<LogBatch>
  /** Everything before the offset is stored and need not be kept for this reader. Doing it again changes nothing. */
  release(offset: Offset): void
}

export interface EventLog extends LogWriter, LogReader {}

export interface LogStatus {
  /** Appended and not taken over: not released (in memory), not acknowledged (Kafka). */
  readonly frames: number
  readonly bytes: number
  /** What bounds them; null where what is appended waits with the one who appends. */
  readonly maxBytes: number | null
  /** Chunks waiting to be let in. */
  readonly waiting: number
  /** Why nothing is let in, where that is trouble; null where all is well or it is merely full. */
  readonly trouble: string | null
}
