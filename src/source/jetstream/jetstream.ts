/**
 * Jetstream: the Bluesky network live, over either wire, from a list of hosts.
 *
 * Owns the WebSocket: choosing the host and the wire, resuming where the last stored frame ended, reconnecting, and
 * telling a quiet host from a dead one. Guarantees: frames of one connection come once and in order; what a host leaves
 * out between two connections is handed on as a gap; what is read ahead of the reader is bounded in bytes. Never:
 * decodes records, remembers its position between runs, or gives up because of the network.
 */
import { AppError } from '../../errors.ts'
import type { Chunk, Position, Wire } from '../../event/frame.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Source, SourceStatus } from '../source.ts'
import { describePhase, sourceState } from './connection-phase.ts'
import { defaultTolerances, type GuardTolerances } from './cursor-guard.ts'
import { Follower } from './follower.ts'
import { FrameQueue } from './frame-queue.ts'
import { HostRing } from './host-ring.ts'
import { maxCollections, maxDids, readJetstreamUrl } from './jetstream-url.ts'
import { defaultMargins, type ResumeMargins } from './resume.ts'
import { defaultTimings, type JetstreamTimings } from './timings.ts'

export interface JetstreamOptions {
  /** Addresses of hosts in order of preference, see `readJetstreamUrl`. A stored position's host comes first. */
  readonly urls: readonly string[]
  /** `auto`: v2 where the host serves it and the address does not say otherwise, else v1. */
  readonly wire: Wire | 'auto'
  /** NSIDs or `prefix.*`, at most 100; empty for all. Identity and account events always come. */
  readonly collections: readonly string[]
  /** Accounts to follow, at most 10,000; empty for all. */
  readonly dids: readonly string[]
  /** Ask for zstd: half of the traffic for about 28 µs of CPU per event. */
  readonly compress: boolean
  /** Newest stored frame; null starts at the live tip. */
  readonly position: Position | null
  /** Bound of what is read ahead, default 8 MiB. */
  readonly maxQueueBytes?: number
  /** Largest message, default 32 MiB. */
  readonly maxMessageBytes?: number
  readonly signal: AbortSignal
  readonly logger: Logger
  /** See `timings.ts`, `cursor-guard.ts` and `resume.ts` for the defaults. */
  readonly timings?: Partial<JetstreamTimings>
  readonly tolerances?: Partial<GuardTolerances>
  readonly margins?: Partial<ResumeMargins>
  /** Jitter of the back-off, [0, 1). */
  readonly random?: () => number
}

/** Opens nothing yet: the first connection is made when chunks are asked for. Throws `CONFIG_INVALID`. */
export function openJetstream(options: JetstreamOptions): Source {
  return new JetstreamSource(options)
}

class JetstreamSource implements Source {
  readonly #signal: AbortSignal
  readonly #hosts: HostRing
  readonly #queue: FrameQueue
  readonly #follower: Follower
  #started = false
  #frames = 0
  #bytes = 0
  #lastTimeUs: number | null = null
  #lastFrameMs: number | null = null

  constructor(options: JetstreamOptions) {
    const { wire, collections, dids } = options
    checkFilters(options)
    this.#signal = options.signal
    this.#hosts = new HostRing(options.urls.map(readJetstreamUrl))
    this.#queue = new FrameQueue(options.maxQueueBytes ?? 8 * 1024 * 1024)
    this.#follower = new Follower({
      hosts: this.#hosts,
      wish: {
        wire,
        collections,
        dids,
        maxMessageBytes: options.maxMessageBytes ?? 32 * 1024 * 1024,
      },
      compress: options.compress,
      position: options.position,
      queue: this.#queue,
      logger: options.logger,
      timings: { ...defaultTimings, ...options.timings },
      tolerances: { ...defaultTolerances, ...options.tolerances },
      margins: { ...defaultMargins, ...options.margins },
      random: options.random ?? Math.random,
    })
  }

  async *chunks(): AsyncGenerator<Chunk> {
    if (this.#started) throw new AppError('INTERNAL', 'The chunks of a source can be read once.')
    this.#started = true
    const done = new AbortController()
    const signal = AbortSignal.any([this.#signal, done.signal])
    const running = this.#follower.run(signal).then(
      () => this.#queue.end(),
      (error: unknown) => this.#queue.end(error),
    )
    try {
      // What is queued when the signal aborts is dropped, not drained: it was never handed out, so it comes again.
      while (!signal.aborted && (await this.#queue.waitForData())) {
        const chunk = this.#queue.take()
        if (!chunk || signal.aborted) continue
        this.#count(chunk)
        yield chunk
      }
    } finally {
      done.abort()
      await running
    }
  }

  status(): SourceStatus {
    const { phase, phaseSinceMs, connectedMs, reconnects, skipped } = this.#follower
    return {
      state: sourceState(phase),
      sinceMs: phaseSinceMs,
      connectedMs,
      detail: describePhase(phase),
      kind: 'jetstream',
      host: this.#hosts.current.base,
      frames: this.#frames,
      bytes: this.#bytes,
      reconnects,
      lastTimeUs: this.#lastTimeUs,
      lastFrameMs: this.#lastFrameMs,
      skipped: { ...skipped },
    }
  }

  #count(chunk: Chunk): void {
    for (const frame of chunk.frames) this.#bytes += frame.bytes.length
    this.#frames += chunk.frames.length
    const last = chunk.frames.at(-1)
    if (!last) return
    this.#lastTimeUs = last.position.timeUs
    this.#lastFrameMs = Math.floor(last.receivedUs / 1000)
  }
}

function checkFilters({ urls, collections, dids }: JetstreamOptions): void {
  if (urls.length === 0) throw new AppError('CONFIG_INVALID', 'No Jetstream host is given.')
  if (collections.length > maxCollections) {
    const text = `${collections.length} collections are wanted; Jetstream takes at most ${maxCollections}.`
    throw new AppError('CONFIG_INVALID', text, { hint: 'Use a prefix such as app.bsky.*' })
  }
  if (dids.length > maxDids) {
    const text = `${dids.length} accounts are wanted; Jetstream takes at most ${maxDids}.`
    throw new AppError('CONFIG_INVALID', text)
  }
}
