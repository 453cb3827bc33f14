import { expect, test } from 'vitest'
import type { Component } from '../contract/health.ts'
import { judge, type Signs } from './live-state.ts'
import type { ProcessHealth } from './question.ts'

const nowMs = Date.parse('2026-07-04T14:00:00Z')

function component(name: Component['name'], state: Component['state']): Component {
  return { name, state, since: '2026-07-04T13:00:00Z', detail: `${name} is ${state}` }
}

function health(...components: Component[]): ProcessHealth {
  return { name: 'x', version: '1', source: 'jetstream', components }
}

const well: Signs = {
  health: health(component('source', 'ok'), component('store', 'ok')),
  databaseTrouble: null,
  nowMs,
  asOfMs: nowMs - 1_000,
  stillMs: 0,
  lagGrowthMs: 0,
}
const none = { ...health(), source: 'none' } as const

test.each<[string, Partial<Signs>, string]>([
  ['all is well', {}, 'live'],
  ['a pause of 10 s', { stillMs: 10_000, asOfMs: nowMs - 11_000 }, 'live'],
  ['nothing stored for 16 s', { stillMs: 16_000, asOfMs: nowMs - 17_000 }, 'stalled'],
  ['an hour late and moving', { asOfMs: nowMs - 3_600_000, lagGrowthMs: -9_000 }, 'catching-up'],
  [
    'an hour late and later each second',
    { asOfMs: nowMs - 3_600_000, lagGrowthMs: 9_000 },
    'stalled',
  ],
  ['the source is down', { health: health(component('source', 'down')) }, 'no-source'],
  [
    'the source is reconnecting',
    { health: health(component('source', 'starting')) },
    'catching-up',
  ],
  [
    'the store is down',
    { health: health(component('source', 'ok'), component('store', 'down')) },
    'stalled',
  ],
  [
    'the log is troubled',
    { health: health(component('source', 'ok'), component('eventlog', 'degraded')) },
    'catching-up',
  ],
  ['the database is away', { databaseTrouble: 'cannot reach it' }, 'stalled'],
  [
    'the first connection',
    { asOfMs: null, health: health(component('source', 'starting')) },
    'catching-up',
  ],
  ['connected, and nothing comes', { asOfMs: null, stillMs: 60_000 }, 'stalled'],
  ['no source, nothing stored', { asOfMs: null, health: none }, 'no-source'],
  ['no source here, but another process stores', { health: none }, 'live'],
  ['no source here, and nothing moves', { health: none, stillMs: 16_000 }, 'no-source'],
])('%s: %o is %s', (_name, signs, state) => {
  expect(judge({ ...well, ...signs }).state).toBe(state)
})

test('the reason is that of the part in trouble', () => {
  const signs = { ...well, stillMs: 20_000, health: health(component('source', 'starting')) }
  expect(judge(signs).detail).toBe('source is starting')
  expect(judge({ ...well, stillMs: 48_000 }).detail).toBe('Nothing was stored for 48 s')
  expect(judge({ ...well, asOfMs: nowMs - 14 * 60_000 }).detail).toBe('14 min behind')
})
