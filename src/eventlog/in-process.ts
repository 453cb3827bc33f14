import { AppError } from '../errors.ts'
import type { Chunk, Frame, Gap } from '../event/frame.ts'
import type { EventLog, LogBatch, LogStatus, Offset, ReadOptions } from './eventlog.ts'
import { unlessAborted } from './unless-aborted.ts'

/** Bookkeeping of a frame in memory, beside its bytes. */
const frameOverheadBytes = 200

interface Entry {
  readonly chunk: Chunk
  readonly bytes: number
}

/**
 * The log of a single process: a queue in memory. It survives a lost database, not a lost process; after that the source
 * is asked again from the stored position, since Jetstream is itself a log that can be replayed.
 *
 * @param maxBytes bound on what is kept; one chunk larger than that is still let in when the log is empty
 */
export function createInProcessLog(maxBytes: number): EventLog {
  let entries: Entry[] = []
  let firstOffset: Offset = 0
  let bytes = 0
  let frames = 0
  let waiting = 0
  let ended = false
  let changed = Promise.withResolvers<void>()

  const wake = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const available = (from: Offset) => {
    if (from < firstOffset) throw new AppError('INTERNAL', `offset ${from} of the log is released`)
    return entries.slice(from - firstOffset)
  }

  return {
    async append(chunk, signal) {
      const size = sizeOf(chunk)
      signal.throwIfAborted()
      while (bytes > 0 && bytes + size > maxBytes) await room(signal)
      entries.push({ chunk, bytes: size })
      bytes += size
      frames += chunk.frames.length
      wake()
    },

    async *read({ from, maxFrames, maxWaitMs, signal }: ReadOptions): AsyncGenerator<LogBatch> {
      let next = from
      while (!signal.aborted) {
        if (available(next).length === 0) {
          if (ended) return
          await unlessAborted(changed.promise, signal).catch(() => undefined) // aborted: the loop ends
          continue
        }
        await fill(() => available(next), maxFrames, maxWaitMs, signal)
        if (signal.aborted) return
        const batch = take(available(next), maxFrames)
        next += batch.entries
        yield { chunk: batch.chunk, next, watermark: null }
      }
    },

    release(offset) {
      const released = entries.slice(0, Math.max(0, offset - firstOffset))
      entries = entries.slice(released.length)
      firstOffset += released.length
      for (const entry of released) {
        bytes -= entry.bytes
        frames -= entry.chunk.frames.length
      }
      wake()
    },

    end() {
      ended = true
      wake()
    },

    status: (): LogStatus => ({ frames, bytes, maxBytes, waiting, trouble: null }),
  }

  async function room(signal: AbortSignal): Promise<void> {
    waiting += 1
    if (waiting === 1) wake() // a reader that waits for a fuller batch must not: there will be none
    try {
      await unlessAborted(changed.promise, signal)
    } finally {
      waiting -= 1
    }
  }

  /** Waits until a batch is full, its time is up, the log cannot take more, or nothing more will come. */
  async function fill(
    pending: () => readonly Entry[],
    maxFrames: number,
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(maxWaitMs)])
    while (!ended && waiting === 0 && !timeout.aborted && countFrames(pending()) < maxFrames) {
      await unlessAborted(changed.promise, timeout).catch(() => undefined) // time is up: the loop ends
    }
  }
}

function take(entries: readonly Entry[], maxFrames: number): { chunk: Chunk; entries: number } {
  const frames: Frame[] = []
  const gaps: Gap[] = []
  let taken = 0
  for (const { chunk } of entries) {
    if (taken > 0 && frames.length + chunk.frames.length > maxFrames) break
    for (const frame of chunk.frames) frames.push(frame)
    gaps.push(...chunk.gaps)
    taken += 1
  }
  return { chunk: { frames, gaps }, entries: taken }
}

function countFrames(entries: readonly Entry[]): number {
  return entries.reduce((sum, { chunk }) => sum + chunk.frames.length, 0)
}

function sizeOf(chunk: Chunk): number {
  return chunk.frames.reduce((sum, { bytes }) => sum + bytes.length + frameOverheadBytes, 0)
}
