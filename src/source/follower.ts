import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { Frame, Position, Wire } from '../event/frame.ts'
import type { Logger } from '../telemetry/logger.ts'
import { backoffMs } from './backoff.ts'
import { runConnection } from './connection.ts'
import { type Happening, nextPhase, type Phase } from './connection-phase.ts'
import type { GuardTolerances } from './cursor-guard.ts'
import { describeEnding, type Ending } from './ending.ts'
import type { FrameQueue } from './frame-queue.ts'
import type { HostRing, KnownHost } from './host-ring.ts'
import { dictionaryUrl, helloMessage, subscribeUrl } from './jetstream-url.ts'
import { LegacyRepeats } from './legacy-repeats.ts'
import { Receiver } from './receiver.ts'
import type { Rejection } from './rejection.ts'
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

/** One connection that came to its end. */
interface Attempt {
  readonly host: KnownHost
  readonly wire: Wire
  readonly dictionary: Dictionary | null
  readonly helloSent: boolean
  readonly ending: Ending
  readonly hadEvents: boolean
  /** Events or pings came for as long as makes a success. */
  readonly stable: boolean
}

/** What to do next: at once (something was learned that helps), or after a wait that grows with failures. */
type Reaction =
  | { readonly kind: 'at-once' }
  | { readonly kind: 'back-off'; readonly atLeastMs: number }
  | { readonly kind: 'give-up'; readonly message: string }

const atOnce: Reaction = { kind: 'at-once' }
const backOff: Reaction = { kind: 'back-off', atLeastMs: 0 }
/** Tries at once in a row; beyond, whatever is learned does not help. */
const maxAtOnce = 5
const maxFloorTries = 3

/** Keeps one connection open for as long as it may: chooses, resumes, and learns from how each connection ended. */
export class Follower {
  readonly #options: FollowerOptions
  readonly #legacyRepeats: LegacyRepeats
  readonly skipped: Record<string, number> = {}
  #phase: Phase = { name: 'idle' }
  #phaseSinceMs = Date.now()
  #last: Position | null
  #detour: Detour | null = null
  #floorTries = 0
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

  get reconnects(): number {
    return Math.max(0, this.#connections - 1)
  }

  /** Follows until the signal aborts. Throws `SOURCE_REJECTED` where a host says that the request itself is wrong. */
  async run(signal: AbortSignal): Promise<void> {
    const { hosts, queue, logger } = this.#options
    while (!signal.aborted) {
      await queue.waitForRoom(signal)
      if (signal.aborted) break
      const attempt = await this.#connect(hosts.current, signal)
      if (signal.aborted) break
      const delayMs = this.#learn(attempt)
      const { base: host } = attempt.host
      logger.warn({ host, why: describeEnding(attempt.ending), delayMs }, 'connection ended')
      this.#enter({ type: 'lost', why: attempt.ending, delayMs })
      // An aborted wait only means that the loop is over.
      await sleep(delayMs, undefined, { signal }).catch(() => {})
    }
    this.#enter({ type: 'stopped' })
  }

  async #connect(host: KnownHost, signal: AbortSignal): Promise<Attempt> {
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
        this.#accept(frame)
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
      signal,
      onOpen: () => {
        openedMs = Date.now()
        host.speaks ??= wire
        logger.info({ host: host.base, wire, from: resume.by }, 'connected')
        this.#enter({ type: 'opened' })
      },
      onMessage: (bytes) => receiver.receive(bytes),
    })
    if (openedMs !== null && atTip) this.#knownThroughUs = Math.floor(aliveMs) * 1000
    const stable = openedMs !== null && aliveMs - openedMs >= timings.stableMs
    const { hasEvents: hadEvents } = receiver
    return { host, wire, dictionary, helloSent: subscription.hello, ending, hadEvents, stable }
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

  /** Frames from a rebuilt host belong to the next epoch: their numbers do not compare with the ones before. */
  #epoch(): number {
    const epoch = this.#last?.epoch ?? 0
    return this.#detour?.by === 'time' && this.#detour.gap === 'host-reset' ? epoch + 1 : epoch
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

  #accept(frame: Frame): void {
    this.#last = frame.position
    this.#options.queue.push(frame)
    const lagMs = (frame.receivedUs - frame.position.timeUs) / 1000
    this.#enter({ type: 'event', lagMs })
  }

  /** Draws the lessons of a connection and says how long to wait before the next. */
  #learn(attempt: Attempt): number {
    const { hosts, logger, timings, random } = this.#options
    if (attempt.hadEvents) {
      this.#detour = null
      this.#floorTries = 0
    }
    if (attempt.hadEvents || attempt.stable) hosts.succeeded()
    if (attempt.stable) {
      this.#failures = 0
      this.#atOnce = 0
    }
    const reaction = this.#react(attempt)
    if (reaction.kind === 'give-up') {
      this.#enter({ type: 'rejected', why: attempt.ending })
      throw new AppError('SOURCE_REJECTED', `${attempt.host.base} ${reaction.message}`)
    }
    if (reaction.kind === 'at-once' && this.#atOnce++ < maxAtOnce) return 0
    if (!attempt.hadEvents && !attempt.stable && hosts.failed()) {
      logger.warn({ from: attempt.host.base, to: hosts.current.base }, 'next host has its turn')
      this.#detour = null
      this.#floorTries = 0
    }
    const limits = { firstMs: timings.backoffFirstMs, capMs: timings.backoffCapMs }
    const delayMs = backoffMs(this.#failures++, limits, random)
    const atLeastMs = reaction.kind === 'back-off' ? reaction.atLeastMs : 0
    return Math.max(delayMs, Math.min(atLeastMs, timings.retryAfterCapMs))
  }

  #react(attempt: Attempt): Reaction {
    const { ending, host } = attempt
    switch (ending.kind) {
      case 'rejected':
        return this.#reactToRejection(attempt, ending.rejection)
      case 'closed':
        return attempt.helloSent && !attempt.hadEvents && isRefusedHello(ending)
          ? { kind: 'give-up', message: `refused the filters: ${ending.reason || ending.code}` }
          : backOff
      case 'reset':
        this.#detour = { by: 'time', gap: 'host-reset' }
        return atOnce
      case 'broken-compression':
        host.plain = true
        return atOnce
      case 'oversize':
        this.#skip('oversize')
        if (host.limitSize) return backOff
        host.limitSize = true
        return atOnce
      case 'aborted':
      case 'slow-sink':
        return atOnce
      case 'unreachable':
      case 'silent':
      case 'error-frame':
      case 'unreadable':
        return backOff
      default:
        return ending satisfies never
    }
  }

  #reactToRejection(attempt: Attempt, rejection: Rejection): Reaction {
    const { host, wire, dictionary } = attempt
    switch (rejection.kind) {
      case 'invalid':
        return { kind: 'give-up', message: `refused the request: ${rejection.message}` }
      case 'too-old':
        this.#detour = this.#wayRound(rejection.floor)
        return atOnce
      case 'unknown-dictionary':
        if (dictionary && host.refusedDictionaryId === null) {
          host.refusedDictionaryId = dictionary.id
          host.dictionary = null
        } else {
          host.plain = true
        }
        return atOnce
      case 'no-endpoint':
        if (this.#options.wish.wire !== 'auto' || wire !== 'v2' || host.speaks) return backOff
        host.speaks = 'v1'
        return atOnce
      case 'busy':
        return { kind: 'back-off', atLeastMs: rejection.retryAfterMs }
      default:
        return rejection satisfies never
    }
  }

  /** The host's oldest event; where it does not name it or has moved on again, the time; at last the live tip. */
  #wayRound(floor: number | null): Detour {
    if (floor !== null && this.#floorTries < maxFloorTries) {
      this.#floorTries++
      return { by: 'floor', seq: floor }
    }
    return { by: this.#detour?.by === 'time' ? 'tip' : 'time', gap: 'cursor-too-old' }
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

/** How hosts turn down filters sent as a message: v2 hosts by code, legacy ones with a normal close and a reason. */
function isRefusedHello(ending: { readonly code: number; readonly reason: string }): boolean {
  return (
    ending.code === 1007 || ending.code === 1008 || (ending.code === 1000 && ending.reason !== '')
  )
}
