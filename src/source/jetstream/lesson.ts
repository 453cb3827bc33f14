import type { Wire } from '../../event/frame.ts'
import { describeEnding, type Ending } from './ending.ts'
import type { HostKnowledge } from './host-ring.ts'
import type { Rejection } from './rejection.ts'
import type { Detour } from './resume.ts'

/** A connection that came to its end, as far as it teaches anything. */
export interface Attempt {
  readonly ending: Ending
  readonly wire: Wire
  /** Id of the dictionary it was asked to compress with. */
  readonly dictionaryId: number | null
  /** The filters were sent as a message. */
  readonly helloSent: boolean
  readonly hadEvents: boolean
  /** What was known about the host, and the way round that was tried. */
  readonly host: HostKnowledge
  readonly detour: Detour | null
  /** The operator left the wire open. */
  readonly autoWire: boolean
}

/** What to do after a connection: at once where something was learned that helps, else after a wait. */
export type Lesson =
  | { readonly next: 'at-once'; readonly host?: Partial<HostKnowledge>; readonly detour?: Detour }
  | { readonly next: 'back-off'; readonly atLeastMs: number }
  | { readonly next: 'give-up' }

const backOff: Lesson = { next: 'back-off', atLeastMs: 0 }
/** A floor moves up with the clock; asked this often, the time is the better question. */
const maxFloorTries = 3

/** What the end of a connection teaches. Pure. */
export function drawLesson(attempt: Attempt): Lesson {
  const { ending, host } = attempt
  switch (ending.kind) {
    case 'rejected':
      return drawFromRejection(attempt, ending.rejection)
    case 'closed':
      return isRefusedHello(attempt, ending) ? { next: 'give-up' } : backOff
    case 'reset':
      return { next: 'at-once', detour: { by: 'time', gap: ending.reason } }
    case 'broken-compression':
      return { next: 'at-once', host: { plain: true } }
    case 'oversize':
      return host.limitSize ? backOff : { next: 'at-once', host: { limitSize: true } }
    case 'aborted':
    case 'slow-sink':
      return { next: 'at-once' }
    case 'unreachable':
    case 'silent':
    case 'no-events':
    case 'error-frame':
    case 'unreadable':
      return backOff
    default:
      return ending satisfies never
  }
}

/** The sentence for the operator where asking again is pointless. */
export function describeGivingUp(base: string, ending: Ending): string {
  return `${base} ${describeEnding(ending)}. The filters or the wire setting have to change.`
}

function drawFromRejection(attempt: Attempt, rejection: Rejection): Lesson {
  const { host, wire, dictionaryId } = attempt
  switch (rejection.kind) {
    case 'invalid':
      return { next: 'give-up' }
    case 'too-old':
      return { next: 'at-once', detour: wayRound(attempt.detour, rejection.floor) }
    case 'unknown-dictionary': {
      // Once: the host may have changed its dictionary. Twice: it does not know its own.
      const again = host.refusedDictionaryId !== null || dictionaryId === null
      const lesson = again
        ? { plain: true }
        : { refusedDictionaryId: dictionaryId, dictionary: null }
      return { next: 'at-once', host: lesson }
    }
    case 'no-endpoint':
      if (!attempt.autoWire || wire !== 'v2' || host.speaks) return backOff
      return { next: 'at-once', host: { speaks: 'v1' } }
    case 'busy':
      return { next: 'back-off', atLeastMs: rejection.retryAfterMs }
    default:
      return rejection satisfies never
  }
}

/** The host's oldest event; where it does not name it or keeps moving on, the time; at last the live tip. */
function wayRound(tried: Detour | null, floor: number | null): Detour {
  const tries = tried?.by === 'floor' ? tried.tries : 0
  if (tried?.by === 'time') return { by: 'tip', gap: 'cursor-too-old' }
  if (floor === null || tries >= maxFloorTries) return { by: 'time', gap: 'cursor-too-old' }
  return { by: 'floor', seq: floor, tries: tries + 1 }
}

/** How hosts turn down filters sent as a message: v2 hosts by code, legacy ones with a normal close and a reason. */
function isRefusedHello(
  { helloSent, hadEvents }: Attempt,
  { code, reason }: { readonly code: number; readonly reason: string },
): boolean {
  if (!helloSent || hadEvents) return false
  return code === 1007 || code === 1008 || (code === 1000 && reason !== '')
}
