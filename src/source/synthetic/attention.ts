import type { Draws } from './draws.ts'
import { type Attention, type AttentionKind, attention } from './mix.ts'
import { createQuantiles, createRanking } from './skew.ts'
import { streams } from './streams.ts'
import type { Traffic } from './traffic.ts'

/** How long something stays as popular as it is, s: most for minutes, the most popular for hours. */
const lifetimes = [300, 3_600, 21_600] as const
const leastOffset = 7
/** Seconds without a post that are passed over to find one. */
const patience = 600

/** Where a post stands that somebody turns to. */
export interface PostPlace {
  readonly second: number
  readonly index: number
}

/** Chooses the post that is liked, reposted, answered or quoted in a second. Always an earlier one. */
export type DrawPost = (second: number, draws: Draws) => PostPlace

/** @param mean events per second of the kind that turns to posts */
export function createAttention(
  kind: AttentionKind,
  { mean, traffic, own }: { mean: number; traffic: Traffic; own: Draws },
): DrawPost {
  const { skew, fresh, ages }: Attention = attention[kind]
  const events = Math.max(1, mean * lifetimes[0])
  const ranks = Math.max(20, skew.ranks * events)
  // Where little happens, the first rank would be everything.
  const offset = Math.max(leastOffset, skew.offset * events)
  const rankOf = createRanking({ ranks, slope: skew.slope, offset })
  const ageOf = createQuantiles(ages, 'log')

  function postBefore(second: number, unit: number): PostPlace {
    for (let back = 0; back < patience; back++) {
      const count = traffic('post', second - back)
      if (count > 0) return { second: second - back, index: Math.floor(unit * count) }
    }
    return { second, index: 0 }
  }

  return (second, draws) => {
    if (draws.chance(fresh)) {
      const age = Math.exp(Math.log(30) + draws.unit() * Math.log(30))
      return postBefore(second - Math.ceil(age), draws.unit())
    }
    const rank = rankOf(draws.unit())
    const tier = rank < ranks / 2_000 ? 2 : rank < ranks / 200 ? 1 : 0
    const lifetime = lifetimes[tier]
    const block = Math.floor(second / lifetime - draws.unit())
    own.at(streams.pool + tier, block, rank)
    const age = ageOf(own.unit())
    return postBefore(block * lifetime - Math.ceil(age), own.unit())
  }
}
