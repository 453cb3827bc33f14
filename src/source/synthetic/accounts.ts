import type { Draws } from './draws.ts'
import { didText } from './ids.ts'
import type { Language } from './languages.ts'
import { actorSkew, type Kind, kinds } from './mix.ts'
import { blockSeconds, type Rhythm } from './rhythm.ts'
import { createRanking } from './skew.ts'
import { kindStreams, streams } from './streams.ts'
import { adjectives, nouns } from './words/names.ts'

/** Somebody who does not exist. */
export interface Account {
  /** Index of the language it writes. */
  readonly language: number
  /** Number of the account among those of its language, the most active first. */
  readonly rank: number
  /** 0, or the hour since 1970 in which a short-lived account is active: something befalls it two hours later. */
  readonly hour: number
}

/** Share of sessions that belong to accounts that will be gone soon. */
const shortLivedShare = 0.015
const leastOffset = 2

export interface Accounts {
  /** Who does the next thing of a kind in a second: people come in sessions of five to ten minutes. */
  draw(kind: Kind, second: number, draws: Draws): Account
  /** One of the accounts of an hour that something befalls. */
  shortLived(hour: number, index: number): Account
  didOf(account: Account): string
}

export interface AccountsOptions {
  readonly languages: readonly Language[]
  readonly rhythm: Rhythm
  /** Events per second of each kind, over the day. */
  readonly means: Readonly<Record<Kind, number>>
  /** How many accounts there are. */
  readonly population: number
  /** Short-lived accounts of an hour. */
  readonly shortLivedPerHour: number
  /** A generator for this object alone. */
  readonly draws: Draws
}

export function createAccounts(options: AccountsOptions): Accounts {
  const { languages, rhythm, means, population, shortLivedPerHour, draws: own } = options
  const sessions = Object.fromEntries(
    kinds.map((kind) => [kind, createSessions(kind, means[kind])]),
  ) as Record<Kind, (unit: number) => number>
  const share = languages.reduce((sum, language) => sum + language.share, 0)
  const rankings = languages.map((language) => {
    const ranks = Math.max(20, (population * language.share) / share)
    return createRanking({ ranks, slope: 0.5, offset: ranks * 0.001 })
  })

  function shortLived(hour: number, index: number): Account {
    own.at(streams.shortLived, hour, index)
    const language = rhythm.language(Math.floor((hour * 3_600) / blockSeconds), own.unit())
    return { language, rank: index, hour }
  }

  return {
    draw(kind, second, draws) {
      // A block begins for everybody at another moment, so that not all sessions end at once.
      const block = Math.floor(second / blockSeconds - draws.unit())
      const rank = sessions[kind](draws.unit())
      own.at(sessionStream(kind), block, rank)
      if (shortLivedPerHour >= 1 && own.chance(shortLivedShare)) {
        const hour = Math.floor((block * blockSeconds) / 3_600)
        return shortLived(hour, own.below(Math.floor(shortLivedPerHour)))
      }
      const language = rhythm.language(block, own.unit())
      return { language, rank: rankings[language]?.(own.unit()) ?? 0, hour: 0 }
    },
    shortLived,
    didOf: ({ language, rank, hour }) => didText(own.at(streams.did, rank, language + hour * 32)),
  }
}

/** Who likes also posts and reposts; who follows, blocks or changes a profile is drawn apart. */
function sessionStream(kind: Kind): number {
  return kindStreams[kind === 'repost' || kind === 'post' ? 'like' : kind].session
}

function createSessions(kind: Kind, mean: number): (unit: number) => number {
  const events = Math.max(1, mean * blockSeconds)
  const { ranks, slope, offset } = actorSkew[kind]
  // Where little happens, the first rank would be everybody.
  const least = Math.max(leastOffset, offset * events)
  return createRanking({ ranks: Math.max(3, ranks * events), slope, offset: least })
}

/** The two characters that end an account's TIDs: the clock of its server. */
export function clockOf(did: string): string {
  return did.slice(-2)
}

/** How long after a commit its account's events arrive, µs: 0.2 to 0.9 s, always the same for one account. */
export function delayUsOf(did: string): number {
  return 200_000 + ((did.charCodeAt(8) * 31 + did.charCodeAt(9)) % 700) * 1_000
}

/** Handle of an account, such as `quiet-heron-x4k2p.example`. */
export function handleOf(did: string): string {
  return `${nameOf(did).join('-')}-${did.slice(-5)}.example`
}

/** Name of an account in two words. */
export function nameOf(did: string): readonly [string, string] {
  const number = (at: number) => did.charCodeAt(at) * 41 + did.charCodeAt(at + 1)
  return [adjectives[number(12) % adjectives.length] ?? '', nouns[number(14) % nouns.length] ?? '']
}
