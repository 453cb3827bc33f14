import { coverage, type LedgerGap } from '../contract/coverage.ts'
import { sql } from '../db/sql.ts'
import { silenceReason } from '../event/ledger-reasons.ts'
import { formatTimeUs } from '../event/time.ts'
import { coverageOf, readListening, whatIsLeft } from './coverage.ts'
import { gapsWithWire, type ListedGap } from './gap-rows.ts'
import { explainGap, healableBy } from './gap-words.ts'
import { type MinuteRun, minuteRuns, type Span } from './minute-runs.ts'
import { type Range, readRange } from './period.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { isSynthetic } from './sources.ts'

const mostGaps = 1_000
const mostSources = 100
const mostRuns = 2_000

interface LedgerSource extends Span {
  readonly source: string
  readonly host: string
  readonly complete: boolean
  readonly synthetic: boolean
  readonly messages: number
}

export const coverageQuestion = defineQuestion(coverage, async (query, context) => {
  const { nowMs } = context
  const range = readRange(query, nowMs)
  const [listening, sources, found] = await Promise.all([
    readListening(range, context),
    readSources(range, context),
    readGaps(range, context),
  ])
  const gaps = found.slice(0, mostGaps)
  const told = sources.map(({ source, host, complete, messages, fromUs, toUs }) => {
    const heard = clip({ fromUs, toUs }, range)
    const runs = complete && heard ? runsOf({ source, toUs }, heard, { gaps, range, nowMs }) : []
    return { source, host, complete, messages, runs: runs.slice(0, mostRuns).map(formatRun) }
  })
  const runsLeftOut = told.some(({ runs }) => runs.length === mostRuns)
  return {
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    asOf: listening.asOfUs === null ? null : formatTimeUs(listening.asOfUs),
    ratio: coverageOf(listening, range).ratio,
    synthetic: listening.synthetic,
    sources: told,
    gaps: gaps.map((gap) => formatGap(gap, nowMs)),
    more: found.length > mostGaps || runsLeftOut,
  }
})

/** Gaps that touch a range, closed ones too, oldest first; one more than are shown. */
function readGaps(range: Range, { db }: Pick<ReadContext, 'db'>): Promise<ListedGap[]> {
  return db.query<ListedGap>(sql`
    ${gapsWithWire}
    where gap.from_us < ${range.toMs * 1000} and (gap.to_us is null or gap.to_us > ${range.fromMs * 1000})
    order by gap.from_us, gap.id
    limit ${mostGaps + 1}`)
}

/** Sources that have anything of a range; of one in log partitions what all of them have. */
function readSources(range: Range, { db }: Pick<ReadContext, 'db'>): Promise<LedgerSource[]> {
  return db.query<LedgerSource>(sql`
    with listened as (
      select
        source,
        (array_agg(host order by time_us desc))[1] as host,
        coalesce(min(nullif(first_time_us, 0)), 0) as from_us,
        min(time_us) as to_us,
        bool_and(complete) as complete,
        ${isSynthetic} as synthetic
      from position
      group by source
      having max(time_us) > ${range.fromMs * 1000} and min(nullif(first_time_us, 0)) < ${range.toMs * 1000}
      order by max(time_us) desc
      limit ${mostSources}
    )
    select
      source as "source",
      host as "host",
      from_us as "fromUs",
      to_us as "toUs",
      complete as "complete",
      synthetic as "synthetic",
      (select coalesce(sum(frames), 0)::bigint
       from coverage
       where coverage.source = listened.source
         and bucket >= ${new Date(range.fromMs)} and bucket < ${new Date(range.toMs)}) as "messages"
    from listened
    order by source`)
}

function runsOf(
  { source, toUs: storedUs }: Pick<LedgerSource, 'source' | 'toUs'>,
  heard: Span,
  ledger: { readonly gaps: readonly ListedGap[]; readonly range: Range; readonly nowMs: number },
): MinuteRun[] {
  const { gaps, nowMs } = ledger
  const own = gaps.filter((gap) => gap.source === source && gap.reason !== silenceReason)
  const toSpan = ({ fromUs, toUs }: ListedGap) => ({ fromUs, toUs: toUs ?? nowMs * 1_000 })
  const open = own
    .filter(({ closedAt }) => closedAt === null)
    .map((gap) => whatIsLeft({ ...toSpan(gap), reason: gap.reason }, storedUs))
    .filter(({ fromUs, toUs }) => fromUs < toUs)
  const filled = own.filter(({ closedAt }) => closedAt !== null).map(toSpan)
  // What is missing behind the newest stored event is told as well.
  const toUs = Math.max(heard.toUs, ...open.map((span) => span.toUs))
  const whole = clip({ fromUs: heard.fromUs, toUs }, ledger.range)
  return whole ? minuteRuns(whole, open, filled) : []
}

function clip({ fromUs, toUs }: Span, range: Range): Span | null {
  const clipped = {
    fromUs: Math.max(fromUs, range.fromMs * 1_000),
    toUs: Math.min(toUs, range.toMs * 1_000),
  }
  return clipped.fromUs < clipped.toUs ? clipped : null
}

function formatRun({ fromMs, toMs, state }: MinuteRun): {
  from: string
  to: string
  state: MinuteRun['state']
} {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), state }
}

function formatGap(gap: ListedGap, nowMs: number): LedgerGap {
  const { id, source, host, reason, detail, closedBy } = gap
  return {
    id,
    source,
    host,
    from: formatTimeUs(gap.fromUs),
    to: gap.toUs === null ? null : formatTimeUs(gap.toUs),
    reason,
    detail,
    explanation: explainGap(gap),
    detectedAt: gap.detectedAt.toISOString(),
    closedAt: gap.closedAt?.toISOString() ?? null,
    closedBy,
    healable: healableBy(gap, nowMs),
  }
}
