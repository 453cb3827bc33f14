/**
 * Synthetic: an invented network, made up second by second from a seed; people, texts and links do not exist.
 *
 * Owns the generator and the pace: what is past comes flat out, the present at its time. Guarantees: the same seed, rate and
 * mix give the same frames for the same second, whenever and in whichever process they are made, so a source opened at a
 * position goes on exactly behind it, and two of them agree. Never: remembers anything, or reads ahead of its reader.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import type { Chunk, Frame, Gap, Position } from '../../event/frame.ts'
import type { Source, SourceState, SourceStatus } from '../source.ts'
import { createSecondFrames, type TimedFrame } from './frames.ts'
import type { NetworkOptions } from './network.ts'
import { hostOf, toFrame } from './recording.ts'

export interface SyntheticOptions extends NetworkOptions {
  /** Newest stored frame; null begins `historyMs` ago. */
  readonly position: Position | null
  /** How far back it begins at most, ms. What lies between the position and that is a gap. */
  readonly historyMs: number
  /** `live`: the past flat out, then each event at its time. `max`: flat out, and then the end. */
  readonly speed: 'live' | 'max'
  /** Network time before which it ends, µs. Default: never at `live`, the moment of opening at `max`. */
  readonly untilUs?: number
  readonly signal: AbortSignal
  /** Own clock, ms since 1970; default `Date.now`. */
  readonly now?: () => number
}

/** Frames of the past that are handed on together: about 280 kB. */
const chunkFrames = 512
/** Seconds of a slow network that are handed on together. */
const chunkSeconds = 60
/** How long events of the present may be handed on together, ms. */
const tickMs = 50
/** So far behind its time a second is of the past for the operator, ms. */
const lateMs = 3_000

/** Opens nothing: frames are made when chunks are asked for. */
export function openSynthetic(options: SyntheticOptions): Source {
  return new SyntheticSource(options)
}

class SyntheticSource implements Source {
  readonly #options: SyntheticOptions
  readonly #host: string
  readonly #now: () => number
  #state: SourceState = 'idle'
  #sinceMs: number
  #frames = 0
  #bytes = 0
  #lastTimeUs: number | null = null
  #lastFrameMs: number | null = null

  constructor(options: SyntheticOptions) {
    const { position, seed } = options
    this.#options = options
    this.#host = hostOf(seed)
    this.#now = options.now ?? Date.now
    this.#sinceMs = this.#now()
    if (position && position.host !== this.#host) {
      throw new AppError('INTERNAL', `${position.host} is no position of ${this.#host}`)
    }
  }

  async *chunks(): AsyncGenerator<Chunk> {
    const { signal, speed } = this.#options
    const { fromSecond, afterUs, gaps } = this.#start()
    const untilUs = this.#end()
    const framesOf = createSecondFrames(this.#options)
    if (gaps.length > 0) yield { frames: [], gaps }
    let past: TimedFrame[] = []
    let pastSince = fromSecond
    for (let second = fromSecond; second * 1e6 < untilUs && !signal.aborted; second++) {
      const isPast = speed === 'max' || (second + 1) * 1_000 <= this.#now()
      if (!isPast || past.length >= chunkFrames || second - pastSince >= chunkSeconds) {
        yield* this.#past(past)
        past = []
        pastSince = second
      }
      this.#enter(second)
      const frames = framesOf(second).filter(({ timeUs }) => timeUs > afterUs && timeUs < untilUs)
      if (isPast) past = past.concat(frames)
      else yield* this.#present(frames, second)
    }
    if (signal.aborted) return
    yield* this.#past(past)
    this.#become('ended')
  }

  status(): SourceStatus {
    const { seed, rate } = this.#options
    return {
      state: this.#state,
      sinceMs: this.#sinceMs,
      detail: `synthetic network ${seed}, ${rate} events/s on average: ${doing[this.#state]}`,
      kind: 'synthetic',
      host: this.#host,
      frames: this.#frames,
      bytes: this.#bytes,
      reconnects: 0,
      lastTimeUs: this.#lastTimeUs,
      lastFrameMs: this.#lastFrameMs,
      skipped: {},
    }
  }

  #start(): { fromSecond: number; afterUs: number; gaps: Gap[] } {
    const { position, historyMs } = this.#options
    const earliest = Math.floor((this.#now() - historyMs) / 1_000)
    if (!position) return { fromSecond: earliest, afterUs: 0, gaps: [] }
    const afterUs = position.timeUs
    const missed = { host: this.#host, fromUs: afterUs + 1, toUs: earliest * 1e6 }
    return missed.fromUs < missed.toUs
      ? { fromSecond: earliest, afterUs, gaps: [{ ...missed, reason: 'offline' }] }
      : { fromSecond: Math.floor(afterUs / 1e6), afterUs, gaps: [] }
  }

  #end(): number {
    const { untilUs, speed } = this.#options
    return untilUs ?? (speed === 'max' ? this.#now() * 1_000 : Number.POSITIVE_INFINITY)
  }

  async *#past(frames: readonly TimedFrame[]): AsyncGenerator<Chunk> {
    for (let at = 0; at < frames.length; at += chunkFrames) {
      yield this.#handOn(frames.slice(at, at + chunkFrames))
      await setImmediate() // the process has other things to do than to make up its past
    }
  }

  /** Frames of a second that is not over, each when its time has come. Comes back when the second is over. */
  async *#present(frames: readonly TimedFrame[], second: number): AsyncGenerator<Chunk> {
    const { signal } = this.#options
    for (let at = 0; at < frames.length; ) {
      await this.#sleepUntil((frames[at]?.timeUs ?? 0) / 1_000)
      if (signal.aborted) return
      const nowUs = this.#now() * 1_000
      const next = frames.findIndex(({ timeUs }, index) => index > at && timeUs > nowUs)
      const to = next < 0 ? frames.length : next
      yield this.#handOn(frames.slice(at, to))
      at = to
    }
    await this.#sleepUntil((second + 1) * 1_000)
  }

  async #sleepUntil(ms: number): Promise<void> {
    const { signal } = this.#options
    while (!signal.aborted && this.#now() < ms) {
      const waitMs = Math.max(tickMs, Math.ceil(ms - this.#now()))
      // Aborted: the callers look at the signal. In short steps, because the clock may be set.
      await setTimeout(Math.min(waitMs, 1_000), undefined, { signal }).catch(() => undefined)
    }
  }

  #handOn(timed: readonly TimedFrame[]): Chunk {
    const nowMs = this.#now()
    const receivedUs = Math.floor(nowMs * 1_000)
    const frames: Frame[] = []
    for (const one of timed) {
      const frame = toFrame(one, this.#host, receivedUs)
      this.#bytes += frame.bytes.length
      frames.push(frame)
    }
    this.#frames += frames.length
    this.#lastTimeUs = timed.at(-1)?.timeUs ?? this.#lastTimeUs
    this.#lastFrameMs = nowMs
    return { frames, gaps: [] }
  }

  #enter(second: number): void {
    const isLate = this.#now() - second * 1_000 > lateMs
    this.#become(this.#options.speed === 'max' || isLate ? 'catching-up' : 'live')
  }

  #become(state: SourceState): void {
    if (state === this.#state) return
    this.#state = state
    this.#sinceMs = this.#now()
  }
}

const doing: Readonly<Record<SourceState, string>> = {
  idle: 'not begun',
  connecting: 'not begun',
  waiting: 'not begun',
  'catching-up': 'making up what has been',
  live: 'going on as it happens',
  ended: 'at its end',
}
