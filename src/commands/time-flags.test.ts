import { expect, test } from 'vitest'
import { readSince, readTime } from './time-flags.ts'

const now = Date.parse('2026-07-04T14:38:07Z')
const shown = (us: number) => new Date(us / 1_000).toISOString()

test.each([
  ['7d', '2026-06-27T00:00:00.000Z'],
  ['36h', '2026-07-03T02:00:00.000Z'],
  ['90m', '2026-07-04T13:08:00.000Z'],
  ['2026-07-01', '2026-07-01T00:00:00.000Z'],
  ['2026-07-01T10:00:00+02:00', '2026-07-01T08:00:00.000Z'],
])('--since %s begins at %s', (text, from) => {
  expect(shown(readSince('--since', text, now))).toBe(from)
})

test('the same span means the same a little later', () => {
  expect(readSince('--since', '7d', now)).toBe(readSince('--since', '7d', now + 3_600_000))
})

test.each(['yesterday', '7', '7w', '2026-13-01', '999999d', ''])('%s is no time', (text) => {
  expect(() => readSince('--since', text, now)).toThrow(/is no time/)
  expect(() => readTime('--from', text)).toThrow(/is no time/)
})
