import { expect, test } from 'vitest'
import { gapReasons } from '../event/frame.ts'
import { silenceReason, stallReasons } from '../event/ledger-reasons.ts'
import { adviseOnGap, explainGap, healableBy, type KnownGap } from './gap-words.ts'

const nowMs = Date.parse('2026-07-04T14:00:00Z')
const hoursAgo = (hours: number) => (nowMs - hours * 3_600_000) * 1_000

const gap: KnownGap = {
  host: 'wss://jetstream.test',
  wire: 'v2',
  fromUs: hoursAgo(2),
  toUs: hoursAgo(1),
  reason: 'cursor-too-old',
  detail: null,
  closedAt: null,
}

test.each<[name: string, parts: Partial<KnownGap>, healable: string]>([
  ['that goes on', { toUs: null }, 'resume'],
  ['of two hours ago', {}, 'look-back'],
  ['of 30 hours ago on a v2 host', { fromUs: hoursAgo(30) }, 'look-back'],
  ['of 30 hours ago on a legacy host', { fromUs: hoursAgo(30), wire: 'v1' }, 'unknown'],
  ['of two days ago on a v2 host', { fromUs: hoursAgo(48) }, 'archive'],
  ['of the synthetic network', { host: 'synthetic:1' }, 'no'],
  ['of a recording', { host: 'file:0123' }, 'no'],
  ['whose host is not known', { host: '' }, 'unknown'],
  ['that is closed', { closedAt: new Date(nowMs) }, 'no'],
])('a gap %s', (_name, parts, healable) => {
  expect(healableBy({ ...gap, ...parts }, nowMs)).toBe(healable)
  expect(adviseOnGap({ ...gap, ...parts }, nowMs)).not.toBe('')
})

test('every reason that there is has words', () => {
  for (const reason of [...gapReasons, ...stallReasons, silenceReason]) {
    expect(explainGap({ reason, detail: null })).toMatch(/ /)
  }
})
