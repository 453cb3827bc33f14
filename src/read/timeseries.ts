import { post } from '../collections/post.ts'
import { timeseries } from '../contract/timeseries.ts'
import { coverageOf, provenance, readListening } from './coverage.ts'
import { countedKey, readSelection, type Selection } from './filters.ts'
import { chooseBuckets } from './grains.ts'
import { heardIn, nullWhereUnheard } from './heard.ts'
import { findMentioned, spareMentions } from './mentioned.ts'
import { type Range, readRange, readZone } from './period.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { type AskedSeries, emptySeries, exclusive, type Series } from './series.ts'
import { countedSeries, countedSeriesOf } from './series-counts.ts'
import { matchedSeries } from './series-matched.ts'

export const timeseriesQuestion = defineQuestion(timeseries, async (query, context) => {
  const tz = readZone(query.tz)
  const asked = readRange(query, context.nowMs)
  const { dimension, top, key: keys } = query
  const { interval, edges } = await chooseBuckets(
    { dimension, asked: query.interval, tz },
    asked,
    context,
  )
  // The range that is told is the one that was counted: whole buckets.
  const range: Range = { fromMs: edges[0] ?? asked.fromMs, toMs: edges.at(-1) ?? asked.toMs }
  const [selection, listening] = await Promise.all([
    readSelection(query, context),
    readListening(range, context),
  ])
  const asOfMs = (listening.asOfUs ?? 0) / 1000
  // Buckets after the newest event say nothing yet: zero would be a claim.
  const known = edges.filter((edgeMs, index) => (edges[index - 1] ?? edgeMs) <= asOfMs)
  const wanted = { dimension, top, keys, edges: known, selection }
  const series =
    dimension === 'mention' && keys === undefined
      ? await withoutHidden(wanted, context)
      : await findSeries(wanted, context)
  const lastMs = known.at(-1) ?? 0
  const heard = heardIn(listening, known, series.scannedFromMs)
  const tell = (column: readonly (number | null)[]) => nullWhereUnheard(column, heard)
  const tellAll = (columns: Readonly<Record<string, readonly (number | null)[]>>) =>
    Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, tell(column)]))
  return {
    ...provenance(
      listening,
      range,
      series.counted,
      coverageOf(listening, range, series.scannedFromMs),
    ),
    dimension,
    interval,
    tz,
    starts: known.slice(0, -1).map((edgeMs) => edgeMs / 1000),
    series: tellAll(series.byKey),
    authors: series.authors && tellAll(series.authors),
    rest: exclusive.includes(dimension) ? tell(series.rest) : null,
    open: known.length > 1 && lastMs > asOfMs,
  }
})

type Wanted = AskedSeries & { readonly selection: Selection | null }

/** Series of the accounts that are mentioned most, without those that are hidden. */
async function withoutHidden(wanted: Wanted, context: ReadContext): Promise<Series> {
  const { top } = wanted
  const series = await findSeries({ ...wanted, top: top + spareMentions }, context)
  const dids = Object.keys(series.byKey)
  const known = await findMentioned(dids, context)
  const shown = dids.filter((did) => !known.get(did)?.hidden).slice(0, top)
  const pick = <Column>(columns: Readonly<Record<string, Column>>): Record<string, Column> =>
    Object.fromEntries(Object.entries(columns).filter(([did]) => shown.includes(did)))
  return {
    ...series,
    byKey: pick(series.byKey),
    authors: series.authors && pick(series.authors),
  }
}

/** The planner: counts where they can tell the series, else the newest matching posts. */
function findSeries(asked: Wanted, context: ReadContext): Promise<Series> {
  const { dimension, keys, selection, edges } = asked
  if (edges.length < 2) return Promise.resolve(emptySeries(asked))
  if (!selection) return countedSeries(asked, context)
  const key = countedKey(selection)
  const name = dimension === 'collection' ? post.nsid : key?.key
  const tells = key && (dimension === 'collection' || dimension === key.dimension)
  if (tells && (keys === undefined || keys.every((asked) => asked === name))) {
    return countedSeriesOf({ ...key, name: name ?? key.key }, asked, context)
  }
  return matchedSeries(asked, selection, context)
}
