import type { Component } from '../contract/health.ts'
import type { Database } from './question.ts'
import { remember } from './remember.ts'
import { type CollectionAge, judgeCollections } from './silence.ts'
import { createSilenceCounts } from './silence-counts.ts'

export interface Silence {
  readonly collections: readonly CollectionAge[]
  readonly component: Component
}

export interface SilenceOptions {
  readonly db: Database
  /** Own clock, ms since 1970. */
  readonly now: () => number
  /** Whether a collection is asked for at all: what was left out by a setting is not missed. */
  readonly follows: (collection: string) => boolean
}

const keptMs = 10_000
const mostNamed = 3

/** Asks the database at most every 10 s which collections fell silent while others flow. */
export function createSilenceWatch({ db, now, follows }: SilenceOptions): () => Promise<Silence> {
  const read = createSilenceCounts(db, now)
  let wellSinceMs: number | null = null
  let alarmed = new Map<string, number>()
  return remember(keptMs, now, async () => {
    const counted = await read()
    const judged = counted ? judgeCollections(counted) : []
    const collections = judged
      .filter(({ collection }) => follows(collection))
      // Minutes are not read for ever: what was known by the minute when it fell silent stays known.
      .map((age) => rememberNewest(age, alarmed.get(age.collection)))
    const silent = collections.filter((age) => age.silent).sort((a, b) => b.expected - a.expected)
    wellSinceMs = silent.length > 0 ? null : (wellSinceMs ?? now())
    alarmed = new Map(silent.map(({ collection, newestMs }) => [collection, newestMs]))
    const state = silent.length > 0 ? 'degraded' : 'ok'
    const since = new Date(wellSinceMs ?? Math.min(...alarmed.values())).toISOString()
    const detail = silent.length > 0 ? describeSilent(silent) : describeFlow(collections)
    return { collections, component: { name: 'collections', state, since, detail } }
  })
}

function rememberNewest(age: CollectionAge, knownMs: number | undefined): CollectionAge {
  if (!age.silent || knownMs === undefined || knownMs > age.newestMs) return age
  return { ...age, newestMs: knownMs, ageMs: age.ageMs + age.newestMs - knownMs }
}

function describeSilent(silent: readonly CollectionAge[]): string {
  const named = silent.slice(0, mostNamed).map(({ collection, newestMs, expected }) => {
    const time = new Date(newestMs).toISOString().slice(0, 16).replace('T', ' ')
    return `${collection} since ${time} UTC (about ${Math.round(expected)} events were to be expected)`
  })
  const more = silent.length > mostNamed ? `; and ${silent.length - mostNamed} more` : ''
  return `Silent while others flow: ${named.join('; ')}${more}`
}

function describeFlow(collections: readonly CollectionAge[]): string {
  if (collections.length === 0) return 'Nothing was stored yet'
  return `${collections.length} collections, none is missed`
}
