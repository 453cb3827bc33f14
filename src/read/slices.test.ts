import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketStarts, grainMs, planSlices } from './slices.ts'

const ms = (time: string) => Date.parse(`2026-${time}Z`)

test('a range is cut into the widest grains that fit', () => {
  expect(planSlices([ms('07-01T22:30'), ms('07-04T01:10')])).toEqual({
    minute: [
      { fromMs: ms('07-01T22:30'), toMs: ms('07-01T23:00') },
      { fromMs: ms('07-04T01:00'), toMs: ms('07-04T01:10') },
    ],
    hour: [
      { fromMs: ms('07-01T23:00'), toMs: ms('07-02T00:00') },
      { fromMs: ms('07-04T00:00'), toMs: ms('07-04T01:00') },
    ],
    day: [{ fromMs: ms('07-02T00:00'), toMs: ms('07-04T00:00') }],
  })
})

test('buckets that touch are read as one range, and none reaches over an edge', () => {
  const edges = [ms('07-01T00:00'), ms('07-01T12:00'), ms('07-02T00:00'), ms('07-03T00:00')]
  expect(planSlices(edges)).toEqual({
    minute: [],
    hour: [{ fromMs: edges[0], toMs: edges[2] }], // the whole day lies in two buckets
    day: [{ fromMs: edges[2], toMs: edges[3] }],
  })
})

test('slices cover every minute once, whatever the edges', () => {
  const minutes = fc.integer({ min: 0, max: 6 * 1440 })
  fc.assert(
    fc.property(fc.uniqueArray(minutes, { minLength: 2, maxLength: 12 }), (picked) => {
      const edges = picked.sort((a, b) => a - b).map((minute) => minute * grainMs.minute)
      const slices = planSlices(edges)
      const covered = (['minute', 'hour', 'day'] as const)
        .flatMap((grain) => slices[grain])
        .sort((a, b) => a.fromMs - b.fromMs)
      expect(covered[0]?.fromMs).toBe(edges[0])
      expect(covered.at(-1)?.toMs).toBe(edges.at(-1))
      for (const [index, slice] of covered.entries()) {
        if (index > 0) expect(slice.fromMs).toBe(covered[index - 1]?.toMs)
      }
      for (const grain of ['minute', 'hour', 'day'] as const) {
        for (const start of bucketStarts(grain, slices[grain])) {
          const fromMs = start.getTime()
          expect(fromMs % grainMs[grain]).toBe(0)
          const inside = edges.filter((edge) => edge > fromMs && edge < fromMs + grainMs[grain])
          expect(inside).toEqual([])
        }
      }
    }),
  )
})
