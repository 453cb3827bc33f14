import type { ResponseOf } from '../contract/endpoint.ts'
import { top } from '../contract/top.ts'
import {
  coverageOf,
  enoughCoverage,
  type Listening,
  provenance,
  readListening,
} from './coverage.ts'
import { readSelection } from './filters.ts'
import { finestMs, hasAuthors, widenToGrain } from './grains.ts'
import { countAuthors, type KeyAuthors } from './key-authors.ts'
import { findMentioned, spareMentions } from './mentioned.ts'
import { previousRange, type Range, readRange, readZone } from './period.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { type Asked, countAgain, type Ranking, rank } from './ranking.ts'
import { grainMs } from './slices.ts'

export const topQuestion = defineQuestion(top, async (query, context) => {
  readZone(query.tz)
  const { dimension, limit } = query
  const selection = await readSelection(query, context)
  const asked = readRange(query, context.nowMs)
  // Posts that match a filter are looked at one by one, and tell any range.
  const range = selection ? asked : widenToGrain(dimension, asked)
  const listening = await readListening(
    { fromMs: 2 * range.fromMs - range.toMs, toMs: range.toMs },
    context,
  )
  const found = await findRanking({ dimension, range, selection }, limit, context)
  const { ranking, handles } = found
  const [previous, authors] = await Promise.all([
    findPrevious(ranking, { dimension, range, selection }, listening, context),
    selection
      ? authorsAmongMatched(ranking, dimension, range)
      : countAuthors(dimension, ranking.items, range, context),
  ])
  return {
    ...provenance(
      listening,
      range,
      ranking.counted,
      coverageOf(listening, range, ranking.scannedFromMs),
    ),
    dimension,
    items: ranking.items.map(({ key, count }) => {
      const earlier = previous ? (previous.get(key) ?? 0) : null
      const accounts = authors?.byKey.get(key)
      return {
        key,
        count,
        previous: earlier,
        change: earlier ? count / earlier - 1 : null,
        // Of other hours than the count there may be more; nobody is behind a count who is not in it.
        authors: accounts === undefined ? null : Math.min(accounts, count),
        handle: handles?.get(key) ?? null,
      }
    }),
    keys: ranking.keys,
    authorsOver: authors && toOver(authors),
  }
})

/** The ranking, of mentions without accounts that are hidden, and with the handles of the others. */
async function findRanking(
  asked: Asked,
  limit: number,
  context: ReadContext,
): Promise<{ ranking: Ranking; handles: ReadonlyMap<string, string | null> | null }> {
  if (asked.dimension !== 'mention') {
    return { ranking: await rank({ ...asked, limit }, context), handles: null }
  }
  const ranking = await rank({ ...asked, limit: limit + spareMentions }, context)
  const known = await findMentioned(
    ranking.items.map(({ key }) => key),
    context,
  )
  const items = ranking.items.filter(({ key }) => !known.get(key)?.hidden).slice(0, limit)
  return {
    ranking: { ...ranking, items },
    handles: new Map(items.map(({ key }) => [key, known.get(key)?.handle ?? null])),
  }
}

async function findPrevious(
  ranking: Ranking,
  asked: Asked,
  listening: Listening,
  context: ReadContext,
): Promise<Map<string, number> | null> {
  const { dimension, selection } = asked
  const asOfMs = (listening.asOfUs ?? 0) / 1000
  const before = comparedWith(asked, asOfMs)
  if (before === null || ranking.counted === 'sample') return null
  if (coverageOf(listening, before).ratio < enoughCoverage) return null
  const keys = ranking.items.map(({ key }) => key)
  return countAgain(keys, { dimension, range: before, selection }, context)
}

/** The window before, or null where only whole hours or days are counted and one that still runs is too much of the range. */
function comparedWith({ dimension, range, selection }: Asked, asOfMs: number): Range | null {
  const finest = finestMs(dimension)
  const before = previousRange(range, asOfMs)
  if (selection || finest === grainMs.minute) return before
  if (range.toMs <= asOfMs) return before
  const length = range.toMs - range.fromMs
  return length < 24 * finest ? null : { fromMs: before.fromMs, toMs: range.fromMs }
}

function authorsAmongMatched(
  { items, scannedFromMs }: Ranking,
  dimension: Asked['dimension'],
  range: Range,
): KeyAuthors | null {
  const told = items.flatMap(({ key, authors }) =>
    authors === undefined ? [] : [[key, authors] as const],
  )
  if (told.length === 0 || !hasAuthors(dimension)) return null
  return { byKey: new Map(told), over: { ...range, fromMs: scannedFromMs }, estimated: false }
}

function toOver({ over, estimated }: KeyAuthors): ResponseOf<typeof top>['authorsOver'] {
  const { fromMs, toMs } = over
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), estimated }
}
