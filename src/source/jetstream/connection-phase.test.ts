import { expect, test } from 'vitest'
import {
  describePhase,
  type Happening,
  nextPhase,
  type Phase,
  sourceState,
} from './connection-phase.ts'

const dial: Happening = { type: 'dial', host: 'ws://a' }
const opened: Happening = { type: 'opened' }
const old: Happening = { type: 'event', lagMs: 3_600_000 }
const current: Happening = { type: 'event', lagMs: 20 }
const lost: Happening = {
  type: 'lost',
  why: { kind: 'closed', code: 1001, reason: '' },
  delayMs: 900,
}
const invalid = { kind: 'rejected', rejection: { kind: 'invalid', message: 'bad NSID' } } as const

function after(...happenings: Happening[]): Phase {
  return happenings.reduce(nextPhase, { name: 'idle' } as Phase)
}

test.each<[happenings: Happening[], name: string, state: string]>([
  [[], 'idle', 'idle'],
  [[dial], 'connecting', 'connecting'],
  [[dial, opened], 'open', 'connecting'],
  [[dial, opened, old], 'replaying', 'catching-up'],
  [[dial, opened, old, current], 'live', 'live'],
  [[dial, opened, current], 'live', 'live'],
  [[dial, opened, current, { type: 'event', lagMs: 30_000 }], 'live', 'live'],
  [[dial, opened, current, old], 'replaying', 'catching-up'],
  [[dial, opened, old, { type: 'event', lagMs: 30_000 }], 'replaying', 'catching-up'],
  [[dial, lost], 'waiting', 'waiting'],
  [[dial, opened, current, lost, current], 'waiting', 'waiting'],
  [[dial, opened, current, lost, dial], 'connecting', 'connecting'],
  [[dial, { type: 'rejected', why: invalid }, { type: 'stopped' }], 'rejected', 'waiting'],
  [[dial, opened, { type: 'stopped' }, dial], 'ended', 'ended'],
])('case %#: %s', (happenings, name, state) => {
  const phase = after(...happenings)
  expect(phase.name).toBe(name)
  expect(sourceState(phase)).toBe(state)
})

test('what means nothing leaves the very same phase', () => {
  const live = after(dial, opened, current)
  expect(nextPhase(live, current)).toBe(live)
})

test('says what failed and what happens next', () => {
  expect(describePhase(after(dial, opened, lost))).toBe(
    'ws://a closed the connection (1001); next try in 0.9 s.',
  )
})
