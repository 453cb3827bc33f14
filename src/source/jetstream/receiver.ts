import type { Frame, Gap, GapReason, Position, Wire } from '../../event/frame.ts'
import { type Notice, type Place, readNotice, readPlace } from '../../event/position.ts'
import type { Logger } from '../../telemetry/logger.ts'
import {
  type GuardContext,
  type GuardTolerances,
  judgeFirstEvent,
  RepeatFilter,
} from './cursor-guard.ts'
import type { Ending } from './ending.ts'
import type { LegacyRepeats } from './legacy-repeats.ts'
import type { Resume } from './resume.ts'
import { type Dictionary, decompressMessage } from './zstd.ts'

export interface ReceiverOptions {
  readonly host: string
  readonly wire: Wire
  /** Epoch that frames of this connection belong to. */
  readonly epoch: number
  readonly resume: Resume
  /** Newest position handed on before this connection. */
  readonly last: Position | null
  readonly dictionary: Dictionary | null
  readonly maxMessageBytes: number
  readonly narrow: boolean
  readonly tolerances: GuardTolerances
  readonly legacyRepeats: LegacyRepeats
  readonly logger: Logger
  readonly onFrame: (frame: Frame) => void
  readonly onGap: (gap: Gap) => void
  /** A message is set aside without being handed on. */
  readonly onSkip: (reason: string) => void
}

/** Messages without a position in a row after which the connection is given up: this is not a stream of events. */
const maxUnreadable = 100

/**
 * Messages of one connection → frames with positions. Judges the first event against the cursor, drops what was
 * received before, and hands on everything else: whether a frame makes sense is for the decoder to say.
 */
export class Receiver {
  readonly #options: ReceiverOptions
  readonly #repeats: RepeatFilter
  #last: Position | null
  #resume: Resume
  #judged = false
  #unreadable = 0

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#last = options.last
    this.#resume = options.resume
    this.#repeats = new RepeatFilter(options.resume.last?.seq ?? null)
    options.legacyRepeats.reconnected()
  }

  /** Whether an event with a readable position has come. */
  get hasEvents(): boolean {
    return this.#judged
  }

  /** Takes one message as it came off the wire, and says where it ends the connection. Never throws. */
  receive(message: Buffer): Ending | null {
    const { dictionary, wire, maxMessageBytes } = this.#options
    const bytes = dictionary ? decompressMessage(message, dictionary, maxMessageBytes) : message
    if (bytes === 'oversize') return this.#skip('oversize')
    if (bytes === 'broken') return { kind: 'broken-compression' }
    const place = readPlace(bytes, wire)
    if (place) return this.#receiveEvent(bytes, place)
    const notice = wire === 'v2' ? readNotice(bytes) : null
    return notice ? this.#receiveNotice(notice) : this.#receiveUnreadable(bytes)
  }

  #receiveEvent(bytes: Buffer, place: Place): Ending | null {
    this.#unreadable = 0
    const nowUs = Date.now() * 1000
    const position = this.#position(place, nowUs)
    if (!this.#judged && place.timeUs !== null) {
      const ending = this.#judgeFirst({ seq: place.seq, timeUs: place.timeUs }, nowUs)
      if (ending) return ending
    }
    if (place.seq === null) {
      if (this.#options.legacyRepeats.isRepeat(bytes, place.timeUs)) return this.#skip('repeat')
    } else {
      const verdict = this.#repeats.check(place.seq)
      if (verdict === 'stuck') return { kind: 'reset', reason: 'host-reset' }
      if (verdict === 'repeat') return this.#skip('repeat')
    }
    this.#last = position
    this.#options.onFrame({ bytes, position, receivedUs: nowUs })
    return null
  }

  #judgeFirst(first: { seq: number | null; timeUs: number }, nowUs: number): Ending | null {
    const { wire, narrow, tolerances, host, logger } = this.#options
    const context: GuardContext = { wire, narrow, nowUs, tolerances }
    const verdict = judgeFirstEvent(this.#resume, first, context)
    if (verdict.kind === 'reset') return verdict
    this.#judged = true
    if (verdict.kind === 'gap') {
      const { reason, fromUs, toUs } = verdict
      this.#options.onGap({ host, fromUs, toUs, reason })
    } else if (verdict.kind === 'rewound') {
      logger.info(
        { host, bySeconds: Math.round(verdict.byUs / 1e6) },
        'host starts earlier than asked',
      )
    }
    return null
  }

  #receiveNotice(notice: Notice): Ending | null {
    const { host, logger } = this.#options
    const { name, message } = notice
    if (notice.kind === 'error') return { kind: 'error-frame', name, message }
    logger.warn({ host, name, text: message }, 'notice from the host')
    if (name === 'OutdatedCursor' && !this.#judged) {
      const reason: GapReason = this.#resume.gap?.reason ?? 'cursor-clamped'
      this.#resume = { ...this.#resume, gap: { reason, certain: true } }
    }
    return this.#skip('notice')
  }

  #receiveUnreadable(bytes: Buffer): Ending | null {
    this.#unreadable++
    if (this.#unreadable > maxUnreadable) return { kind: 'unreadable' }
    const { wire, legacyRepeats } = this.#options
    const legacy = wire === 'v1' && (this.#last?.seq ?? null) === null
    if (legacy && legacyRepeats.isRepeat(bytes, null)) return this.#skip('repeat')
    const receivedUs = Date.now() * 1000
    const position = this.#last ?? this.#position({ seq: null, timeUs: null }, receivedUs)
    this.#options.onFrame({ bytes, position, receivedUs })
    return null
  }

  /** What a frame does not say about its place it shares with the frame before it. */
  #position(place: Place, nowUs: number): Position {
    const { host, wire, epoch } = this.#options
    const last = this.#last
    const sameSequence = last !== null && last.host === host && last.epoch === epoch
    return {
      host,
      wire,
      seq: place.seq ?? (sameSequence ? last.seq : null),
      timeUs: place.timeUs ?? last?.timeUs ?? nowUs,
      epoch,
    }
  }

  #skip(reason: string): null {
    this.#options.onSkip(reason)
    return null
  }
}
