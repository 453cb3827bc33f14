import type { SourceState } from '../source.ts'
import { describeEnding, type Ending } from './ending.ts'

/** Where the source stands with its hosts. One value; `nextPhase` is the only way from one to another. */
export type Phase =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly host: string }
  /** The WebSocket is open; no event has come yet. */
  | { readonly name: 'open'; readonly host: string }
  | { readonly name: 'replaying'; readonly host: string }
  | { readonly name: 'live'; readonly host: string }
  | {
      readonly name: 'waiting'
      readonly host: string
      readonly why: Ending
      readonly delayMs: number
    }
  /** A host said that asking again is pointless. */
  | { readonly name: 'rejected'; readonly host: string; readonly why: Ending }
  | { readonly name: 'ended' }

export type Happening =
  | { readonly type: 'dial'; readonly host: string }
  | { readonly type: 'opened' }
  /** An event came, this much behind the own clock. */
  | { readonly type: 'event'; readonly lagMs: number }
  | { readonly type: 'lost'; readonly why: Ending; readonly delayMs: number }
  | { readonly type: 'rejected'; readonly why: Ending }
  | { readonly type: 'stopped' }

/** Lag below which events count as current, and above which they no longer do; between the two nothing changes. */
const liveBelowMs = 10_000
const replayingAboveMs = 60_000

/** The phase after a happening. Happenings that mean nothing in a phase (a late event) leave it as it is. Pure. */
export function nextPhase(phase: Phase, happening: Happening): Phase {
  if (phase.name === 'ended' || phase.name === 'rejected') return phase
  switch (happening.type) {
    case 'stopped':
      return { name: 'ended' }
    case 'dial':
      return { name: 'connecting', host: happening.host }
    case 'opened':
      return phase.name === 'connecting' ? { name: 'open', host: phase.host } : phase
    case 'event':
      return afterEvent(phase, happening.lagMs)
    case 'lost':
      if (!('host' in phase)) return phase
      return {
        name: 'waiting',
        host: phase.host,
        why: happening.why,
        delayMs: happening.delayMs,
      }
    case 'rejected':
      return 'host' in phase ? { name: 'rejected', host: phase.host, why: happening.why } : phase
    default:
      return happening satisfies never
  }
}

function afterEvent(phase: Phase, lagMs: number): Phase {
  switch (phase.name) {
    case 'open':
      return { name: lagMs < liveBelowMs ? 'live' : 'replaying', host: phase.host }
    case 'replaying':
      return lagMs < liveBelowMs ? { name: 'live', host: phase.host } : phase
    case 'live':
      return lagMs > replayingAboveMs ? { name: 'replaying', host: phase.host } : phase
    default:
      return phase
  }
}

/** The phase in the words of every source. */
export function sourceState(phase: Phase): SourceState {
  switch (phase.name) {
    case 'idle':
      return 'idle'
    case 'connecting':
    case 'open':
      return 'connecting'
    case 'replaying':
      return 'catching-up'
    case 'live':
      return 'live'
    case 'waiting':
    case 'rejected':
      return 'waiting'
    case 'ended':
      return 'ended'
    default:
      return phase satisfies never
  }
}

/** One sentence for the operator. */
export function describePhase(phase: Phase): string {
  switch (phase.name) {
    case 'idle':
      return 'Not started.'
    case 'connecting':
      return `Connecting to ${phase.host}.`
    case 'open':
      return `Connected to ${phase.host}; no event yet.`
    case 'replaying':
      return `Catching up from ${phase.host}.`
    case 'live':
      return `Following ${phase.host}.`
    case 'waiting':
      return `${phase.host} ${describeEnding(phase.why)}; next try in ${(phase.delayMs / 1000).toFixed(1)} s.`
    case 'rejected':
      return `${phase.host} ${describeEnding(phase.why)}; not trying again.`
    case 'ended':
      return 'Stopped.'
    default:
      return phase satisfies never
  }
}
