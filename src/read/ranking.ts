import { post } from '../collections/post.ts'
import type { DimensionName, Provenance } from '../contract/common.ts'
import { countedKey, type Selection } from './filters.ts'
import type { Range } from './period.ts'
import type { ReadContext } from './question.ts'
import { countKeys, rankCounts, rankPosts } from './rank-counts.ts'
import { countMatchedKeys, rankMatched } from './rank-matched.ts'
import { sumCounts } from './sums.ts'

/** The largest keys of a dimension, and how they were found. */
export interface Ranking {
  readonly items: readonly Ranked[]
  /** How many different keys there are. */
  readonly keys: number
  readonly counted: Provenance['counted']
  /** Where a scan that hit its bound began, ms; the start of the range where everything was read. */
  readonly scannedFromMs: number
}

export interface Ranked {
  readonly key: string
  readonly count: number
  /** Different accounts behind it, where finding it told so. */
  readonly authors?: number
}

/** What is ranked: everything, or the selected posts. */
export interface Asked {
  readonly dimension: DimensionName
  readonly range: Range
  readonly selection: Selection | null
}

/** The largest keys of a dimension: from counts where these can tell, else from the newest matching posts. */
export function rank(asked: Asked & { limit: number }, context: ReadContext): Promise<Ranking> {
  const { dimension, range, selection, limit } = asked
  if (!selection) return rankCounts({ dimension, range, limit }, context)
  const key = countedKey(selection)
  if (key && dimension === 'collection') return rankPosts(key, range, context)
  return rankMatched({ dimension, range, selection }, limit, context)
}

/** Counts of keys in another window, or null where they cannot be told exactly. */
export async function countAgain(
  keys: readonly string[],
  asked: Asked,
  context: ReadContext,
): Promise<Map<string, number> | null> {
  const { dimension, range, selection } = asked
  if (keys.length === 0) return new Map()
  if (!selection) return countKeys(dimension, keys, range, context)
  const key = countedKey(selection)
  if (key && dimension === 'collection') {
    return new Map([[post.nsid, await sumCounts(key.dimension, range, context, [key.key])]])
  }
  return countMatchedKeys({ dimension, range, selection }, keys, context)
}
