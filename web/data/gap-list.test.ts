import { expect, test } from 'vitest'
import type { LedgerGap } from '#contract/coverage.ts'
import { listGaps } from './gap-list.ts'

const gap = (part: Partial<LedgerGap>): LedgerGap => ({
  id: 1,
  source: 'jetstream',
  host: 'wss://jetstream.example',
  from: '2026-07-04T10:00:00Z',
  to: '2026-07-04T10:03:00Z',
  reason: 'cursor-too-old',
  detail: null,
  explanation: 'the host no longer had the events after the last stored one',
  detectedAt: '2026-07-04T10:03:00Z',
  closedAt: null,
  closedBy: null,
  healable: 'look-back',
  ...part,
})
const now = { zone: 'UTC', nowMs: Date.parse('2026-07-04T12:00:00Z') }

test('what is still missing comes first, with what would fill it', () => {
  const filled = { closedAt: '2026-07-04T11:30:00Z', healable: 'no' } as const
  const listed = listGaps(
    [
      gap({ id: 1, ...filled, from: '2026-07-04T11:00:00Z', to: '2026-07-04T11:00:40Z' }),
      gap({ id: 2, from: '2026-07-03T23:00:00Z' }),
      gap({ id: 3, from: '2026-07-04T11:50:00Z', to: null, healable: 'resume' }),
    ],
    now,
  )
  expect(listed.map(({ id, state, length }) => [id, state, length])).toEqual([
    [3, 'going on', '10 min'],
    [2, 'open', '11 h'],
    [1, 'filled', '40 s'],
  ])
  expect(listed.map(({ outcome }) => outcome)).toEqual([
    'closes when the source goes on',
    'a host still has it: gaps heal',
    'Sat 4 Jul, 11:30',
  ])
  expect(listed[2]?.when).toBe('Sat 4 Jul, 11:00:00–11:00:40')
})
