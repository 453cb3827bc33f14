import { Draws } from './draws.ts'
import { followRuns } from './mix.ts'
import { createPowerLaw } from './skew.ts'
import type { Slot, Slots } from './slots.ts'
import { kindStreams } from './streams.ts'
import type { Traffic } from './traffic.ts'

/** Follows that one account makes in a row. */
export interface FollowRun {
  readonly start: Slot
  readonly length: number
  /** µs between two of them; 0 where all are one commit (a starter pack). */
  readonly gapUs: number
}

export interface FollowRuns {
  at(second: number, index: number): FollowRun
  /** Runs that have a follow in a second, with the members that fall into it: [from, to). */
  during(second: number): { readonly run: FollowRun; readonly from: number; readonly to: number }[]
}

/** The longest run follows the rate: the measured one was seen at 614 events/s. */
export function longestRun(rate: number): number {
  return Math.round(Math.min(followRuns.cap, Math.max(30, (followRuns.cap * rate) / 614)))
}

/** Follows per run, on average. */
export function meanRun(rate: number): number {
  return followRuns.singles + (1 - followRuns.singles) * tailOf(rate).mean
}

export function createFollowRuns(
  slots: Slots,
  traffic: Traffic,
  { seed, rate }: { seed: number; rate: number },
): FollowRuns {
  const draws = new Draws(seed)
  const tail = tailOf(rate)
  const longUs = followRuns.longestSeconds * 1e6
  /** Runs of more than one follow by their second: what a second needs of the two minutes before it. */
  const recent = new Map<number, FollowRun[]>()

  function at(second: number, index: number): FollowRun {
    const start = slots.at('follow', second, index)
    draws.at(kindStreams.follow.content, second, index)
    const length = draws.chance(followRuns.singles) ? 1 : tail.draw(draws.unit())
    const pack = length > 2 && length <= 50 && draws.chance(0.45)
    const paceUs = 150_000 * Math.exp(draws.unit() * 3)
    return { start, length, gapUs: pack ? 0 : Math.min(paceUs, longUs / length) }
  }

  function longRunsOf(second: number): FollowRun[] {
    const known = recent.get(second)
    if (known) return known
    const runs: FollowRun[] = []
    for (let index = traffic('follow', second) - 1; index >= 0; index--) {
      const run = at(second, index)
      if (run.length > 1 && run.gapUs > 0) runs.push(run)
    }
    if (recent.size > 2 * followRuns.longestSeconds) recent.clear()
    recent.set(second, runs)
    return runs
  }

  return {
    at,
    during(second) {
      const found: { run: FollowRun; from: number; to: number }[] = []
      for (let index = 0; index < traffic('follow', second); index++) {
        const run = at(second, index)
        if (run.length === 1 || run.gapUs === 0) found.push({ run, from: 0, to: run.length })
      }
      for (let from = second - followRuns.longestSeconds; from <= second; from++) {
        for (const run of longRunsOf(from)) {
          const first = firstMemberFrom(run, second * 1e6)
          const next = firstMemberFrom(run, (second + 1) * 1e6)
          for (let member = first; member < next; member++) {
            found.push({ run, from: member, to: member + 1 })
          }
        }
      }
      return found
    },
  }
}

/** When a member of a run is due, µs since 1970. */
export function memberDueUs({ start, gapUs }: FollowRun, member: number): number {
  return start.dueUs + Math.floor(member * gapUs)
}

function firstMemberFrom(run: FollowRun, us: number): number {
  let member = Math.max(0, Math.floor((us - run.start.dueUs) / run.gapUs) - 1)
  while (member < run.length && memberDueUs(run, member) < us) member++
  return Math.min(member, run.length)
}

function tailOf(rate: number): ReturnType<typeof createPowerLaw> {
  return createPowerLaw({ from: 2, alpha: followRuns.alpha, cap: longestRun(rate) })
}
