import { expect, test } from 'vitest'
import type { Health } from '#contract/health.ts'
import { firstRunSteps } from './first-run.ts'

const at = '2026-07-04T14:00:00Z'

function health(database: Health['status'], source: Health['status'], asOf: string | null): Health {
  return {
    status: 'starting',
    ready: false,
    name: 'bluesky-analytics',
    version: '0.1.0',
    now: at,
    source: 'jetstream',
    synthetic: false,
    asOf,
    lagMs: null,
    components: [
      { name: 'database', state: database, since: at, detail: 'a' },
      { name: 'source', state: source, since: at, detail: 'b' },
    ],
    partitions: [],
  }
}

const states = (value: Health | undefined) => firstRunSteps(value).map((step) => step.state)

test('each step waits for the one before', () => {
  expect(states(undefined)).toEqual(['running', 'waiting', 'waiting', 'waiting'])
  expect(states(health('starting', 'starting', null))).toEqual([
    'running',
    'waiting',
    'waiting',
    'waiting',
  ])
  expect(states(health('ok', 'starting', null))).toEqual(['done', 'running', 'waiting', 'waiting'])
  expect(states(health('ok', 'ok', null))).toEqual(['done', 'done', 'running', 'waiting'])
  expect(states(health('ok', 'ok', at))).toEqual(['done', 'done', 'done', 'running'])
})

test('what failed says so', () => {
  expect(states(health('ok', 'down', null))).toEqual(['done', 'failed', 'waiting', 'waiting'])
})
