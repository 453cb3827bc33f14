import type { Draws } from './draws.ts'
import type { Kind } from './mix.ts'
import type { Rhythm } from './rhythm.ts'
import { kindStreams, streams } from './streams.ts'

const stallBlock = 50

/** How many of a kind happen in a second since 1970. The same answer whenever it is asked. */
export type Traffic = (kind: Kind, second: number) => number

/**
 * Poisson numbers around the day's rhythm; and about once in 50 s the network holds its breath and makes up for it at once.
 *
 * @param means events per second of each kind, over the day
 */
export function createTraffic(
  means: Readonly<Record<Kind, number>>,
  rhythm: Rhythm,
  draws: Draws,
): Traffic {
  return (kind, second) => {
    const held = stallFactor(draws, second)
    const mean = means[kind] * rhythm.activity(second) * held
    return draws.at(kindStreams[kind].count, second, 0).poisson(mean)
  }
}

/** Multiple of the rate in a second because of a stall: one short stall (0.5 to 1 s) in 50 s, now and then one of up to 6 s. */
function stallFactor(draws: Draws, second: number): number {
  const block = Math.floor(second / stallBlock)
  draws.at(streams.stall, block, 0)
  const start = block * stallBlock + draws.below(stallBlock - 8)
  const seconds = draws.chance(0.06) ? 2 + draws.below(5) : 1
  const held = 0.5 + draws.unit() * 0.5
  if (second < start || second > start + seconds) return 1
  return second < start + seconds ? 1 - held : 1 + held * seconds
}
