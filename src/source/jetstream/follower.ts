import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import type { Frame, Position, Wire } from '../../event/frame.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { backoffMs } from './backoff.ts'
import { runConnection } from './connection.ts'
import { type Happening, nextPhase, type Phase } from './connection-phase.ts'
import type { GuardTolerances } from './cursor-guard.ts'
import { describeEnding } from './ending.ts'
import type { FrameQueue } from './frame-queue.ts'
import type { HostRing, KnownHost } from './host-ring.ts'
import { dictionaryUrl, helloMessage, subscribeUrl } from './jetstream-url.ts'
import { LegacyRepeats } from './legacy-repeats.ts'
import { type Attempt, describeGivingUp, drawLesson } from './lesson.ts'
import { Receiver } from './receiver.ts'
import { type Detour, decideResume, type Resume, type ResumeMargins } from './resume.ts'
import { chooseSubscription, chooseWire, type Wish } from './subscription-choice.ts'
import type { JetstreamTimings } from './timings.ts'
import { type Dictionary, fetchDictionary, loadV1Dictionary } from './zstd.ts'

export interface FollowerOptions {
  readonly hosts: HostRing
  readonly wish: Wish
  readonly compress: boolean
  readonly position: Position | null
  readonly queue: FrameQueue
  readonly logger: Logger
  readonly timings: JetstreamTimings
  readonly tolerances: GuardTolerances
  readonly margins: ResumeMargins
  readonly random: () => number
}

/** A connection that came to its end. */
interface Ended {
  readonly host: KnownHost
  readonly attempt: Attempt
  /** Events or pings came for as long as makes a success. */
  readonly stable: boolean
}

/** Tries at once in a row; beyond, whatever is learned does not help. */
const maxAtOnce = 5

/** Keeps one connection open for as long as it may: chooses, resumes, and learns from how each connection ended. */
export class Follower {
  readonly #options: FollowerOptions
  readonly #legacyRepeats: LegacyRepeats
  readonly skipped: Record<string, number> = {}
  #phase: Phase = { name: 'idle' }
  #phaseSinceMs = Date.now()
  #connectedMs: number | null = null
  #last: Position | null
  #detour: Detour | null = null
  #knownThroughUs: number | null = null
  #failures = 0
  #atOnce = 0
  #connections = 0

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#last = options.position
    this.#legacyRepeats = new LegacyRepeats(2 * options.margins.legacyUs)
    if (options.position) options.hosts.prefer(options.position.host)
  }

  get phase(): Phase {
    return this.#phase
  }

  get phaseSinceMs(): number {
    return this.#phaseSinceMs
  }

  /** Since when a WebSocket is open, ms since 1970; null while none is. */
  get connectedMs(): number | null {
    return this.#connectedMs
  }

  get reconnects(): number {
    return Math.max(0, this.#connections - 1)
  }

  /** Follows until the signal aborts. Throws `SOURCE_REJECTED` where a host says that the request itself is wrong. */
  async run(signal: AbortSignal): Promise<void> {
    const { hosts, queue, logger } = this.#options
    while (!signal.aborted) {
      await queue.waitForRoom(signal)
      if (signal.aborted) break
      const ended = await this.#connect(hosts.current, signal)
      if (signal.aborted) break
      const { ending: why } = ended.attempt
      const delayMs = this.#learn(ended)
      logger.warn({ host: ended.host.base, why: describeEnding(why), delayMs }, 'connection ended')
      this.#enter({ type: 'lost', why, delayMs })
      // An aborted wait only means that the loop is over.
      await sleep(delayMs, undefined, { signal }).catch(() => {})
    }
    this.#enter({ type: 'stopped' })
  }

  async #connect(host: KnownHost, signal: AbortSignal): Promise<Ended> {
    const { wish, queue, timings, tolerances, logger } = this.#options
    this.#connections++
    this.#enter({ type: 'dial', host: host.base })
    const wire = chooseWire(wish, host)
    const dictionary = await this.#dictionary(host, wire, signal)
    const resume = this.#resume(host)
    const ask = { wire, cursor: resume.cursor, dictionaryId: dictionary?.id ?? null }
    const subscription = chooseSubscription(wish, host, ask)
    let openedMs: number | null = null
    let atTip = resume.by === 'tip'
    const receiver = new Receiver({
      host: host.base,
      wire,
      epoch: this.#epoch(),
      resume,
      last: this.#last,
      dictionary,
      maxMessageBytes: wish.maxMessageBytes,
      narrow: wish.dids.length > 0,
      tolerances,
      legacyRepeats: this.#legacyRepeats,
      logger,
      onFrame: (frame) => {
        this.#accept(frame, receiver.hasEvents)
        atTip ||= this.#phase.name === 'live'
      },
      onGap: (gap) => {
        logger.warn({ ...gap }, 'events are missing')
        queue.pushGap(gap)
      },
      onSkip: (reason) => this.#skip(reason),
    })
    const { ending, aliveMs } = await runConnection({
      url: subscribeUrl(host, subscription),
      wire,
      hello: subscription.hello ? helloMessage(subscription) : null,
      maxMessageBytes: wish.maxMessageBytes,
      queue,
      timings,
      everything: wish.dids.length === 0 && wish.collections.length === 0,
      signal,
      onOpen: () => {
        openedMs = Date.now()
        this.#connectedMs = openedMs
        host.speaks ??= wire
        logger.info({ host: host.base, wire, from: resume.by }, 'connected')
        this.#enter({ type: 'opened' })
      },
      onMessage: (bytes) => receiver.receive(bytes),
    })
    this.#connectedMs = null
    if (openedMs !== null && atTip) this.#knownThroughUs = Math.floor(aliveMs) * 1000
    const stable = openedMs !== null && aliveMs - openedMs >= timings.stableMs
    const attempt: Attempt = {
      ending,
      wire,
      dictionaryId: dictionary?.id ?? null,
      helloSent: subscription.hello,
      hadEvents: receiver.hasEvents,
      host,
      detour: this.#detour,
      autoWire: wish.wire === 'auto',
    }
    return { host, attempt, stable }
  }

  #resume(host: KnownHost): Resume {
    const { wish, margins } = this.#options
    return decideResume({
      position: this.#last,
      knownThroughUs: this.#knownThroughUs,
      host: host.base,
      narrow: wish.dids.length > 0,
      nowUs: Date.now() * 1000,
      detour: this.#detour,
      margins,
    })
  }

  /** Where the last place was not found, numbers may mean other events: they do not compare with the ones before. */
  #epoch(): number {
    const epoch = this.#last?.epoch ?? 0
    return this.#detour?.by === 'time' && this.#detour.gap !== 'cursor-too-old' ? epoch + 1 : epoch
  }

  async #dictionary(host: KnownHost, wire: Wire, signal: AbortSignal): Promise<Dictionary | null> {
    const { compress, timings, logger } = this.#options
    if (!compress || host.plain) return null
    if (wire === 'v1') return await loadV1Dictionary()
    if (host.dictionary) return host.dictionary
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timings.fetchMs)])
    try {
      const dictionary = await fetchDictionary(dictionaryUrl(host), deadline)
      if (dictionary.id === host.refusedDictionaryId) {
        host.plain = true
        return null
      }
      host.dictionary = dictionary
      return dictionary
    } catch (error) {
      // Uncompressed costs traffic, waiting would cost events; the next connection asks again.
      logger.debug({ host: host.base, error }, 'no compression dictionary')
      return null
    }
  }

  /** `located`: an event with a readable position has come; junk alone does not make a host look live. */
  #accept(frame: Frame, located: boolean): void {
    this.#last = frame.position
    this.#options.queue.push(frame)
    if (!located) return
    const lagMs = (frame.receivedUs - frame.position.timeUs) / 1000
    this.#enter({ type: 'event', lagMs })
  }

  /** Learns from a connection and says how long to wait before the next, ms. */
  #learn({ host, attempt, stable }: Ended): number {
    const { hosts, logger, timings, random } = this.#options
    const { ending, hadEvents } = attempt
    if (hadEvents) this.#detour = null
    if (hadEvents || stable) hosts.succeeded()
    if (stable) {
      this.#failures = 0
      this.#atOnce = 0
    }
    if (ending.kind === 'oversize') this.#skip('oversize')
    const lesson = drawLesson(attempt)
    if (lesson.next === 'give-up') {
      this.#enter({ type: 'rejected', why: ending })
      throw new AppError('SOURCE_REJECTED', describeGivingUp(host.base, ending))
    }
    if (lesson.next === 'at-once') {
      Object.assign(host, lesson.host)
      this.#detour = lesson.detour ?? this.#detour
      // A slow sink is waited for by the queue, however often that is.
      if (ending.kind === 'slow-sink' || this.#atOnce++ < maxAtOnce) return 0
    }
    if (ending.kind === 'no-events') hosts.leave()
    if (!hadEvents && !stable && hosts.failed()) {
      logger.warn({ from: host.base, to: hosts.current.base }, 'next host has its turn')
      this.#detour = null
    }
    const limits = { firstMs: timings.backoffFirstMs, capMs: timings.backoffCapMs }
    const delayMs = backoffMs(this.#failures++, limits, random)
    const atLeastMs = lesson.next === 'back-off' ? lesson.atLeastMs : 0
    return Math.max(delayMs, Math.min(atLeastMs, timings.retryAfterCapMs))
  }

  #skip(reason: string): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1
  }

  #enter(happening: Happening): void {
    const next = nextPhase(this.#phase, happening)
    if (next === this.#phase) return
    if (next.name === 'live') this.#options.logger.info({ host: next.host }, 'caught up')
    this.#phase = next
    this.#phaseSinceMs = Date.now()
  }
}
