import { top } from '../contract/top.ts'
import { coverageOf, enoughCoverage, provenance, readListening } from './coverage.ts'
import { readSelection } from './filters.ts'
import { previousRange, readRange, readZone } from './period.ts'
import { defineQuestion } from './question.ts'
import { countAgain, rank } from './ranking.ts'

export const topQuestion = defineQuestion(top, async (query, context) => {
  readZone(query.tz)
  const { dimension, limit } = query
  const range = readRange(query, context.nowMs)
  const selection = await readSelection(query, context)
  const listening = await readListening(
    { fromMs: 2 * range.fromMs - range.toMs, toMs: range.toMs },
    context,
  )
  const before = previousRange(range, (listening.asOfUs ?? 0) / 1000)
  const ranking = await rank({ dimension, limit, range, selection }, context)
  const comparable =
    ranking.counted !== 'sample' && coverageOf(listening, before).ratio >= enoughCoverage
  const keys = ranking.items.map(({ key }) => key)
  const previous = comparable
    ? await countAgain(keys, { dimension, range: before, selection }, context)
    : null
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
      return { key, count, previous: earlier, change: earlier ? count / earlier - 1 : null }
    }),
    keys: ranking.keys,
  }
})
