import { type Accounts, createAccounts } from './accounts.ts'
import { createAttention, type DrawPost } from './attention.ts'
import { type Bursts, createBursts } from './bursts.ts'
import { createDeletions, type Deletions } from './deletions.ts'
import { Draws } from './draws.ts'
import { createFollowRuns, type FollowRuns, meanRun } from './follow-runs.ts'
import { createIncidents, type Incident } from './incidents.ts'
import { languages } from './languages.ts'
import {
  type AttentionKind,
  type DeletableKind,
  deletableKinds,
  type Kind,
  kinds,
  type Mix,
  type MixName,
  mixes,
  postShares,
} from './mix.ts'
import { createRhythm } from './rhythm.ts'
import { createSlots, type Slots } from './slots.ts'
import { createTraffic, type Traffic } from './traffic.ts'

export interface NetworkOptions {
  /** Whole number; the same seed is the same network. */
  readonly seed: number
  /** Events per second, mean of a day. */
  readonly rate: number
  readonly mix: MixName | Mix
  /** How many accounts there are; default 5,000 times the rate, at least 2,000. */
  readonly accounts?: number
}

/** The parts of a synthetic network that its events are made of. All of them answer from the seed alone. */
export interface Network {
  readonly mix: Mix
  readonly traffic: Traffic
  readonly accounts: Accounts
  readonly slots: Slots
  readonly follows: FollowRuns
  readonly bursts: Bursts
  readonly attention: Readonly<Record<AttentionKind, DrawPost>>
  readonly deletions: Readonly<Record<DeletableKind, Deletions>>
  readonly incidents: (second: number) => readonly Incident[]
  /** A generator of its own. */
  draws(): Draws
}

export function createNetwork({ seed, rate, ...options }: NetworkOptions): Network {
  const mix: Mix = typeof options.mix === 'string' ? mixes[options.mix] : options.mix
  const draws = () => new Draws(seed)
  const means = meansOf(mix, rate)
  const rhythm = createRhythm(languages)
  const traffic = createTraffic(means, rhythm, draws())
  const incidentsPerHour = (rate * mix.incidents * 3_600) / 100
  const accounts = createAccounts({
    languages,
    rhythm,
    means,
    population: options.accounts ?? Math.max(2_000, rate * 5_000),
    shortLivedPerHour: incidentsPerHour,
    draws: draws(),
  })
  const slots = createSlots(traffic, accounts, draws())
  const attend = (kind: AttentionKind, mean: number) =>
    createAttention(kind, { mean, traffic, own: draws() })
  const follows = createFollowRuns(slots, traffic, { seed, rate })
  const deletionsOf = (kind: DeletableKind) =>
    createDeletions(kind, {
      mean: (rate * mix.deletes[kind]) / 100,
      creates: means[kind],
      traffic,
      activity: rhythm.activity,
      sizeOf: kind === 'follow' ? (second, index) => follows.at(second, index).length : () => 1,
      own: draws(),
    })
  return {
    mix,
    traffic,
    accounts,
    slots,
    draws,
    follows,
    bursts: createBursts(seed),
    incidents: createIncidents(accounts, incidentsPerHour, draws()),
    attention: {
      like: attend('like', means.like),
      repost: attend('repost', means.repost),
      reply: attend('reply', means.post * postShares.reply),
      quote: attend('quote', means.post * postShares.quote),
    },
    deletions: Object.fromEntries(
      deletableKinds.map((kind) => [kind, deletionsOf(kind)]),
    ) as Record<DeletableKind, Deletions>,
  }
}

/** Per second of each kind: events, for follows runs. */
function meansOf(mix: Mix, rate: number): Record<Kind, number> {
  return Object.fromEntries(
    kinds.map((kind) => {
      const mean = (rate * mix.creates[kind]) / 100
      return [kind, kind === 'follow' ? mean / meanRun(rate) : mean]
    }),
  ) as Record<Kind, number>
}
