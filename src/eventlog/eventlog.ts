/**
 * Event log: what lies between reading the network and storing it.
 *
 * Owns frames that were received and are not stored yet, in order, numbered by offset. Guarantees: what `append` has
 * acknowledged can be read until it is released; it is bounded in bytes, and when it is full appending waits, which is
 * what tells a source to stop reading. Never: decodes frames, knows who writes or reads.
 */
import type { Chunk } from '../event/frame.ts'

/** Place in the log. The first chunk has offset 0; `next` of a batch is the offset to read on from. */
export type Offset = number

export interface LogBatch {
  readonly chunk: Chunk
  readonly next: Offset
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

export interface EventLog {
  /** Takes a chunk and resolves when it is as safe as this log makes it. Waits while the log is full; throws when aborted. */
  append(chunk: Chunk, signal: AbortSignal): Promise<void>
  /** Batches from an offset, until the log has ended or the signal aborts. Throws where the offset was released already. */
  read(options: ReadOptions): AsyncIterable<LogBatch>
  /** Everything before the offset is stored and need not be kept for this reader. Doing it again changes nothing. */
  release(offset: Offset): void
  /** Nothing more will be appended: readers get what is left and finish. */
  end(): void
  status(): EventLogStatus
}

export interface EventLogStatus {
  readonly frames: number
  readonly bytes: number
  readonly maxBytes: number
  /** Chunks waiting to be let in. */
  readonly waiting: number
}
