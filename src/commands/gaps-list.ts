import { formatSpan } from '../pipeline/numbers.ts'
import { type ListedGap, readLedgerGaps } from '../read/gap-rows.ts'
import { adviseOnGap, explainGap } from '../read/gap-words.ts'
import type { DatabaseFlags } from './command-context.ts'
import { openGaps } from './gaps.ts'
import { alignColumns, cleanText } from './terminal-text.ts'
import { readSince } from './time-flags.ts'

export interface GapsListFlags extends DatabaseFlags {
  readonly since?: string
  readonly all?: boolean
}

const mostListed = 1_000

/** What was not received: what happened, since when, how long, and what can be done. */
export async function gapsList(flags: GapsListFlags): Promise<void> {
  const nowMs = Date.now()
  const sinceUs = flags.since === undefined ? null : readSince('--since', flags.since, nowMs)
  await using opened = await openGaps(flags)
  const choice = { sinceUs, closed: flags.all === true, limit: mostListed + 1 }
  const found = await readLedgerGaps(choice, opened)
  const gaps = found.slice(0, mostListed).map((gap) => describe(gap, nowMs))
  if (flags.json) {
    console.log(JSON.stringify({ gaps, more: found.length > mostListed }, null, 2))
    return
  }
  if (gaps.length === 0) {
    console.log(flags.all ? 'No gap is known.' : 'No gap is open.')
    return
  }
  const rows = gaps.map((gap) => [
    String(gap.id),
    cleanText(gap.source),
    gap.from,
    gap.to ?? 'now',
    formatSpan(gap.lastedMs),
    cleanText(gap.what),
    gap.closedAt === null ? gap.advice : `closed by ${cleanText(gap.closedBy ?? 'a replay')}`,
  ])
  const head = ['id', 'source', 'from', 'to', 'lasted', 'what happened', 'what can be done']
  console.log(alignColumns([head, ...rows]).join('\n'))
  if (found.length > mostListed) console.log(`\nMore than ${mostListed}: narrow it with --since`)
}

function describe(gap: ListedGap, nowMs: number) {
  const { id, source, host, reason, detail, fromUs, toUs } = gap
  const toTime = (us: number) => new Date(Math.floor(us / 1_000)).toISOString()
  return {
    id,
    source,
    host,
    from: toTime(fromUs),
    to: toUs === null ? null : toTime(toUs),
    lastedMs: Math.max(0, Math.round((toUs ?? nowMs * 1_000) / 1_000 - fromUs / 1_000)),
    reason,
    detail,
    what: explainGap(gap),
    advice: adviseOnGap(gap, nowMs),
    detectedAt: gap.detectedAt.toISOString(),
    closedAt: gap.closedAt?.toISOString() ?? null,
    closedBy: gap.closedBy,
  }
}
