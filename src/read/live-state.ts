import type { Component } from '../contract/health.ts'
import type { LiveCounters } from '../contract/live.ts'
import type { ProcessHealth } from './question.ts'

/** What the state of the stream is judged by. */
export interface Signs {
  readonly health: ProcessHealth
  /** What the database said when it failed, or null where it answered. */
  readonly databaseTrouble: string | null
  readonly nowMs: number
  readonly asOfMs: number | null
  /** How long ago the newest stored event became newer, ms; since looking began where it never did. */
  readonly stillMs: number
  /** How much the lag grew over about the last half minute, ms. */
  readonly lagGrowthMs: number
}

export interface Judgement {
  readonly state: LiveCounters['state']
  readonly detail: string
}

/** Storing nothing for this long is no pause of the network: it never paused for 8 s in any recording. */
const stillLimitMs = 15_000
const lateMs = 60_000
const growthLimitMs = 5_000

/** The state to show: never better than the worst stage behind it. */
export function judge(signs: Signs): Judgement {
  const { health, databaseTrouble, nowMs, asOfMs, stillMs, lagGrowthMs } = signs
  const source = health.components.find(({ name }) => name === 'source')
  const down = health.components.find(
    (component) => isStorage(component) && component.state === 'down',
  )
  const troubled = health.components.find(({ state }) => state !== 'ok')
  const moving = stillMs <= stillLimitMs
  if (databaseTrouble !== null) return { state: 'stalled', detail: databaseTrouble }
  if (source?.state === 'down') return { state: 'no-source', detail: source.detail }
  if (down) return { state: 'stalled', detail: down.detail }
  if (asOfMs === null) return judgeStart(signs, source)
  if (!moving && health.source === 'none') {
    return { state: 'no-source', detail: 'No source is connected to this process' }
  }
  if (!moving) {
    const seconds = Math.round(stillMs / 1000)
    return { state: 'stalled', detail: troubled?.detail ?? `Nothing was stored for ${seconds} s` }
  }
  const lagMs = nowMs - asOfMs
  if (lagMs > lateMs && lagGrowthMs > growthLimitMs) {
    return { state: 'stalled', detail: `Falling behind: ${describe(lagMs)} late and growing` }
  }
  if (lagMs > lateMs) return { state: 'catching-up', detail: `${describe(lagMs)} behind` }
  if (troubled) return { state: 'catching-up', detail: troubled.detail }
  return { state: 'live', detail: source?.detail ?? 'Events are stored as they come' }
}

function judgeStart({ health, stillMs }: Signs, source: Component | undefined): Judgement {
  if (health.source === 'none') {
    return { state: 'no-source', detail: 'No source is connected to this process' }
  }
  const waiting = source?.detail ?? 'Waiting for the first events'
  return { state: stillMs <= stillLimitMs ? 'catching-up' : 'stalled', detail: waiting }
}

function isStorage({ name }: Component): boolean {
  return name === 'store' || name === 'eventlog' || name === 'database'
}

function describe(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} days`
}
