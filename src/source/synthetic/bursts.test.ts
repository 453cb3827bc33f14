import { expect, test } from 'vitest'
import { createBursts } from './bursts.ts'

const from = Date.UTC(2026, 6, 4) / 1_000

test('eight bursts a day, each rising for twenty minutes to its peak and then fading', () => {
  const bursts = createBursts(3)
  const planted = bursts.between(from, from + 86_400)
  expect(planted).toHaveLength(8)
  for (const burst of planted) {
    const share = (second: number) => bursts.at(second)?.share ?? 0
    expect(burst.peakSecond - burst.startSecond).toBe(1_200)
    expect(bursts.at(burst.peakSecond)).toEqual({ burst, share: burst.peakShare })
    expect(share(burst.startSecond - 1)).toBe(0)
    expect(share(burst.startSecond + 300)).toBeLessThan(share(burst.startSecond + 900))
    expect(share(burst.peakSecond)).toBeGreaterThan(share(burst.peakSecond + 600))
    expect(share(burst.endSecond)).toBe(0)
  }
})

test('another seed plants others', () => {
  expect(createBursts(3).between(from, from + 86_400)).not.toEqual(
    createBursts(4).between(from, from + 86_400),
  )
})
