import { Draws } from './draws.ts'
import { streams } from './streams.ts'
import { burstTags } from './words/tags.ts'

const windowSeconds = 3 * 3_600
const riseSeconds = 1_200
const fallSeconds = 1_500

/** A hashtag that everybody suddenly writes: it rises for twenty minutes and is gone half an hour later. */
export interface Burst {
  readonly tag: string
  /** Seconds since 1970. */
  readonly startSecond: number
  readonly peakSecond: number
  readonly endSecond: number
  /** Share of posts that carry the tag at the peak. */
  readonly peakShare: number
}

export interface Bursts {
  /** The burst of a second and the share of posts that carry its tag, or null. */
  at(second: number): { readonly burst: Burst; readonly share: number } | null
  /** Every burst that begins in [fromSecond, toSecond): what an alarm should find. */
  between(fromSecond: number, toSecond: number): readonly Burst[]
}

/** One burst in three hours, somewhere in them. */
export function createBursts(seed: number): Bursts {
  const draws = new Draws(seed)
  const all = riseSeconds + fallSeconds

  function ofWindow(window: number): Burst {
    draws.at(streams.burst, window, 0)
    const startSecond = window * windowSeconds + draws.below(windowSeconds - all)
    return {
      startSecond,
      peakSecond: startSecond + riseSeconds,
      endSecond: startSecond + all,
      tag: draws.pick(burstTags),
      peakShare: 0.06 + 0.08 * draws.unit(),
    }
  }

  return {
    at(second) {
      const burst = ofWindow(Math.floor(second / windowSeconds))
      if (second < burst.startSecond || second >= burst.endSecond) return null
      const share =
        second < burst.peakSecond
          ? ((second - burst.startSecond) / riseSeconds) ** 2
          : ((burst.endSecond - second) / fallSeconds) ** 2
      return { burst, share: share * burst.peakShare }
    },
    between(fromSecond, toSecond) {
      const first = Math.floor(fromSecond / windowSeconds)
      const last = Math.floor((toSecond - 1) / windowSeconds)
      return Array.from({ length: last - first + 1 }, (_, i) => ofWindow(first + i)).filter(
        ({ startSecond }) => startSecond >= fromSecond && startSecond < toSecond,
      )
    },
  }
}
