import { expect, it, test } from 'vitest'
import type { Health } from '#contract/health.ts'
import type { LiveCounters } from '#contract/live.ts'
import { type FreshnessInput, freshnessOf } from './freshness.ts'

const counters: LiveCounters = {
  now: '2026-07-04T14:00:00Z',
  asOf: '2026-07-04T13:59:59Z',
  lagMs: 1000,
  eventsPerSecond: 450,
  postsPerSecond: 50,
  eventsTotal: 1,
  state: 'live',
  detail: 'Events are stored as they come',
  synthetic: false,
}

function healthWith(name: Health['components'][number]['name'], state: Health['status']): Health {
  return {
    status: state,
    ready: true,
    name: 'bluesky-analytics',
    version: '0.1.0',
    now: counters.now,
    source: 'jetstream',
    synthetic: false,
    asOf: counters.asOf,
    lagMs: 1000,
    components: [{ name, state, since: counters.now, detail: 'why' }],
    partitions: [],
  }
}

const good: FreshnessInput = {
  stream: 'open',
  streamForMs: 60_000,
  counters,
  countersAgeMs: 200,
  health: healthWith('source', 'ok'),
  paused: false,
}

test('all is well', () => {
  expect(freshnessOf(good)).toMatchObject({ level: 'good', label: 'live · 1.2 s' })
})

it.each<[string, Partial<FreshnessInput>, { level: string; label: string }]>([
  [
    'the stream to this page broke',
    { stream: 'broken', streamForMs: 12_000 },
    { level: 'bad', label: 'disconnected · 12 s' },
  ],
  [
    'counters stopped coming',
    { countersAgeMs: 8000 },
    { level: 'bad', label: 'no signal · 8.0 s' },
  ],
  [
    'storing stalled',
    { counters: { ...counters, state: 'stalled', lagMs: 47_800 } },
    { level: 'bad', label: 'stalled · 48 s' },
  ],
  [
    'the source is gone',
    { counters: { ...counters, state: 'no-source' } },
    { level: 'bad', label: 'no source' },
  ],
  [
    'it is catching up',
    { counters: { ...counters, state: 'catching-up', lagMs: 14 * 60_000 } },
    { level: 'warn', label: 'catching up · 14 min behind' },
  ],
  [
    'a component is in trouble though the counters are fine',
    { health: healthWith('eventlog', 'degraded') },
    { level: 'warn', label: 'event log degraded' },
  ],
  [
    'one collection fell silent while others flow',
    { health: healthWith('collections', 'degraded') },
    { level: 'warn', label: 'a collection is silent' },
  ],
  [
    'the lag is too long for live',
    { counters: { ...counters, lagMs: 45_000 } },
    { level: 'warn', label: '45 s behind' },
  ],
  [
    'nothing has come yet',
    { counters: null, streamForMs: 500 },
    { level: 'idle', label: 'connecting' },
  ],
  [
    'nothing has come and the database is down',
    { counters: null, health: healthWith('database', 'down') },
    { level: 'bad', label: 'database down' },
  ],
])('never better than the worst: %s', (_name, part, expected) => {
  expect(freshnessOf({ ...good, ...part })).toMatchObject(expected)
  expect(freshnessOf({ ...good, ...part, paused: true })).toMatchObject(expected)
})

test('paused shows only when nothing is wrong', () => {
  expect(freshnessOf({ ...good, paused: true })).toMatchObject({ level: 'idle', label: 'paused' })
})
