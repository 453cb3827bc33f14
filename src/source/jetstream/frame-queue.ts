import { addAbortListener } from 'node:events'
import type { Chunk, Frame, Gap } from '../../event/frame.ts'

/** What a queued frame weighs beside its bytes: the frame, position and buffer objects. */
const frameOverheadBytes = 256

/** Frames handed out at a time, so that those behind can be cut into batches of the size that is asked for. */
const maxSegmentFrames = 500

interface Segment {
  readonly frames: Frame[]
  readonly gaps: Gap[]
}

/**
 * What has arrived and was not yet handed out, bounded in bytes. Whoever fills it asks `isFull` after each push and
 * stops reading; one frame (and what the socket had already read) may exceed the bound.
 */
export class FrameQueue {
  readonly #maxBytes: number
  #segments: Segment[] = []
  #bytes = 0
  #end: { readonly error: unknown } | null = null
  #dataWaiters: (() => void)[] = []
  #roomWaiters: (() => void)[] = []

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get isFull(): boolean {
    return this.#bytes >= this.#maxBytes
  }

  /** Half of the bound is free. Reading goes on only then: pausing and resuming a socket per frame is all it would do. */
  get hasRoom(): boolean {
    return this.#bytes <= this.#maxBytes / 2
  }

  push(frame: Frame): void {
    this.#open(false).frames.push(frame)
    this.#bytes += frame.bytes.length + frameOverheadBytes
    wake(this.#dataWaiters)
  }

  /** The gap lies between the frames already queued and those to come. */
  pushGap(gap: Gap): void {
    this.#open(true).gaps.push(gap)
    wake(this.#dataWaiters)
  }

  /** The next frames, up to the next gap and at most 500, or null where nothing is queued. */
  take(): Chunk | null {
    const segment = this.#segments.shift()
    if (!segment) return null
    for (const frame of segment.frames) this.#bytes -= frame.bytes.length + frameOverheadBytes
    if (this.hasRoom) wake(this.#roomWaiters)
    return segment
  }

  /** No more will come: what is queued can still be taken, then waiting for data ends, with the error if one is given. */
  end(error: unknown = null): void {
    this.#end ??= { error }
    wake(this.#dataWaiters)
  }

  /** True when something can be taken, false at the end. Throws the error it ended with. */
  async waitForData(): Promise<boolean> {
    while (this.#segments.length === 0) {
      if (this.#end?.error) throw this.#end.error
      if (this.#end) return false
      await new Promise<void>((resolve) => this.#dataWaiters.push(resolve))
    }
    return true
  }

  /** Resolves when it has room, or when the signal aborts. */
  async waitForRoom(signal: AbortSignal): Promise<void> {
    if (this.hasRoom || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#roomWaiters.push(resolve)
    using _ = addAbortListener(signal, () => resolve())
    await promise
  }

  #open(forGap: boolean): Segment {
    const last = this.#segments.at(-1)
    if (last && last.frames.length < (forGap ? 1 : maxSegmentFrames)) return last
    const segment: Segment = { frames: [], gaps: [] }
    this.#segments.push(segment)
    return segment
  }
}

function wake(waiters: (() => void)[]): void {
  for (const resolve of waiters.splice(0)) resolve()
}
