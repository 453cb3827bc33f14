import type { Component } from '../contract/health.ts'
import { sql } from '../db/sql.ts'
import { silenceReason } from '../event/ledger-reasons.ts'
import { formatTimeUs } from '../event/time.ts'
import { coverageOf, readListening } from './coverage.ts'
import { gapsWithWire } from './gap-rows.ts'
import { adviseOnGap, explainGap, type KnownGap } from './gap-words.ts'
import type { ReadContext } from './question.ts'

const lookedBackMs = 86_400_000
const mostNamed = 3
const mostRead = 50

interface OpenGap extends KnownGap {
  readonly source: string
  readonly detectedAt: Date
}

/**
 * Whether anything of the last 24 hours is missing: not what another source has received meanwhile. Collections that are
 * silent have a component of their own.
 */
export async function askCoverage(context: Pick<ReadContext, 'db' | 'nowMs'>): Promise<Component> {
  const { db, nowMs } = context
  const range = { fromMs: nowMs - lookedBackMs, toMs: nowMs }
  const [listening, open] = await Promise.all([
    readListening(range, context),
    db.query<OpenGap>(sql`
      ${gapsWithWire}
      where gap.closed_at is null
        and gap.reason <> ${silenceReason}
        and (gap.to_us is null or gap.to_us > ${range.fromMs * 1000})
      order by gap.from_us
      limit ${mostRead}`),
  ])
  const missing = open.filter(({ fromUs, toUs }) => {
    const [fromMs, toMs] = [Math.ceil(fromUs / 1000), Math.floor((toUs ?? nowMs * 1000) / 1000)]
    return coverageOf(listening, { fromMs, toMs: Math.max(toMs, fromMs + 1) }).ratio < 1
  })
  const [first] = missing
  if (!first) {
    const since = new Date(nowMs).toISOString()
    return { name: 'coverage', state: 'ok', since, detail: 'No gap of the last 24 hours is open' }
  }
  const named = missing.slice(0, mostNamed).map((gap) => describe(gap, nowMs))
  const more = missing.length > mostNamed ? `; and ${missing.length - mostNamed} more` : ''
  return {
    name: 'coverage',
    state: 'degraded',
    since: first.detectedAt.toISOString(),
    detail: `Missing of the last 24 hours: ${named.join('; ')}${more}`,
  }
}

function describe(gap: OpenGap, nowMs: number): string {
  const from = shortTime(gap.fromUs)
  const when = gap.toUs === null ? `since ${from} UTC` : `${from} to ${shortTime(gap.toUs)} UTC`
  return `${gap.source} ${when} (${explainGap(gap)}; ${adviseOnGap(gap, nowMs)})`
}

function shortTime(us: number): string {
  return formatTimeUs(us).slice(0, 19).replace('T', ' ')
}
