import { expect, test } from 'vitest'
import { previousRange, readRange, readZone } from './period.ts'

const nowMs = Date.parse('2026-07-04T14:30:20.500Z')
const iso = ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
  [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 19))

test('without ends a range is the day up to now, in whole minutes', () => {
  expect(iso(readRange({}, nowMs))).toEqual(['2026-07-03T14:30:00', '2026-07-04T14:31:00'])
})

test('one end is enough', () => {
  expect(iso(readRange({ to: '2026-07-04T12:00:00+02:00' }, nowMs))).toEqual([
    '2026-07-03T10:00:00',
    '2026-07-04T10:00:00',
  ])
  expect(iso(readRange({ from: '2026-07-04T14:29:59Z' }, nowMs))).toEqual([
    '2026-07-04T14:29:00',
    '2026-07-04T14:31:00',
  ])
})

test.each([
  [{ from: '2026-07-05T00:00:00Z' }, 'from'],
  [{ from: '2026-07-04T00:00:00Z', to: '2026-07-04T00:00:00Z' }, 'from'],
  [{ from: '2020-07-04T00:00:00Z' }, 'from'],
])('the range %j is refused', (query, parameter) => {
  expect(() => readRange(query, nowMs)).toThrow(
    expect.objectContaining({
      code: 'REQUEST_INVALID',
      parameters: [expect.objectContaining({ parameter })],
    }),
  )
})

test('a running window is compared with what had passed of the one before', () => {
  const range = readRange({ from: '2026-07-04T00:00:00Z', to: '2026-07-05T00:00:00Z' }, nowMs)
  expect(iso(previousRange(range, nowMs))).toEqual(['2026-07-03T00:00:00', '2026-07-03T14:31:00'])
  expect(iso(previousRange(range, 0))).toEqual(['2026-07-03T00:00:00', '2026-07-03T00:00:00'])
})

test('zones have names of places', () => {
  expect(readZone('Asia/Kolkata')).toBe('Asia/Kolkata')
  for (const tz of ['', 'Nowhere/Land', '+02:00', "x'; drop"]) {
    expect(() => readZone(tz)).toThrow('IANA')
  }
})
