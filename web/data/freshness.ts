import type { Health } from '#contract/health.ts'
import type { LiveCounters } from '#contract/live.ts'
import { formatDuration } from './format.ts'
import { componentLabel } from './labels.ts'

export type Level = 'good' | 'warn' | 'bad' | 'idle'

export interface Freshness {
  readonly level: Level
  /** Short, for the badge: `live · 1.2 s`. */
  readonly label: string
  /** One sentence. */
  readonly detail: string
}

export interface FreshnessInput {
  readonly stream: 'connecting' | 'open' | 'broken'
  /** How long the stream has been in that state, ms. */
  readonly streamForMs: number
  readonly counters: LiveCounters | null
  /** How long ago the counters arrived, ms. */
  readonly countersAgeMs: number
  readonly health: Health | null
  readonly paused: boolean
}

// Network time arrives in seconds-old batches even when all is well; beyond this it is not "live", whatever a stage claims.
const liveLimitMs = 30_000
// Counters come each second; after this many ms without one the page cannot claim to be live.
const silentLimitMs = 5000

/** What the badge says: the worst of the stream to this page, the counters it brought, and the components behind it. */
export function freshnessOf(input: FreshnessInput): Freshness {
  const { counters, health } = input
  if (input.stream === 'broken')
    return {
      level: 'bad',
      label: `disconnected · ${formatDuration(input.streamForMs)}`,
      detail: 'This page lost its connection to the server and keeps trying to reach it.',
    }
  if (!counters) return withoutCounters(input)
  if (input.countersAgeMs > silentLimitMs)
    return {
      level: 'bad',
      label: `no signal · ${formatDuration(input.countersAgeMs)}`,
      detail: 'The server has stopped sending its counters; what is shown is not current.',
    }
  const lagMs = counters.lagMs === null ? null : counters.lagMs + input.countersAgeMs
  switch (counters.state) {
    case 'no-source':
      return { level: 'bad', label: 'no source', detail: counters.detail }
    case 'stalled':
      return { level: 'bad', label: withLag('stalled', lagMs), detail: counters.detail }
    case 'catching-up':
      return {
        level: 'warn',
        label: lagMs === null ? 'catching up' : `catching up · ${formatDuration(lagMs)} behind`,
        detail: counters.detail,
      }
    case 'live':
      break
    default:
      return counters.state satisfies never
  }
  const worst =
    health?.components.find((component) => component.state === 'down') ??
    health?.components.find((component) => component.state === 'degraded')
  if (worst)
    return {
      level: worst.state === 'down' ? 'bad' : 'warn',
      label: describeComponent(worst),
      detail: worst.detail,
    }
  if (lagMs !== null && lagMs > liveLimitMs)
    return {
      level: 'warn',
      label: `${formatDuration(lagMs)} behind`,
      detail: `The newest event is ${formatDuration(lagMs)} old.`,
    }
  if (input.paused)
    return {
      level: 'idle',
      label: 'paused',
      detail: 'Charts and posts stand still. Events are still received and stored.',
    }
  return { level: 'good', label: withLag('live', lagMs), detail: counters.detail }
}

function withoutCounters({ health, streamForMs }: FreshnessInput): Freshness {
  const broken = health?.components.find((component) => component.state === 'down')
  if (broken) return { level: 'bad', label: describeComponent(broken), detail: broken.detail }
  if (streamForMs > silentLimitMs)
    return {
      level: 'warn',
      label: 'connecting',
      detail: 'The live stream of the server has not answered yet.',
    }
  return { level: 'idle', label: 'connecting', detail: 'Connecting to the live stream.' }
}

function withLag(word: string, lagMs: number | null): string {
  return lagMs === null ? word : `${word} · ${formatDuration(lagMs)}`
}

function describeComponent({ name, state }: Health['components'][number]): string {
  if (name === 'collections' && state === 'degraded') return 'a collection is silent'
  return `${componentLabel(name).toLowerCase()} ${state}`
}
