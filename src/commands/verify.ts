import { styleText } from 'node:util'
import { lookAtDatabase } from '../pipeline/database.ts'
import { formatCount, formatCoverage } from '../pipeline/numbers.ts'
import { type Verified, verifyNumbers } from '../pipeline/verify.ts'
import type { DayRange } from '../store/recount/recount-range.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'
import { formatDate, type RangeFlags, readDayRange } from './day-range.ts'
import { describeComparisons, describeDifferences, encodeFound } from './found-text.ts'
import { openRecountBar } from './recount-bar.ts'

export type VerifyFlags = DatabaseFlags & RangeFlags

/** Recounts what is stored from rows, and says what differs. True where nothing does. */
export async function verify(flags: VerifyFlags, { signal }: CommandContext): Promise<boolean> {
  const nowMs = Date.now()
  const range = readDayRange(flags, nowMs)
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using database = await lookAtDatabase(config, logger)
  using bar = openRecountBar(flags.json === true)
  try {
    const verified = await verifyNumbers({
      url: database.url,
      range,
      settings: config,
      nowMs,
      signal,
      onProgress: bar.update,
    })
    bar.clear()
    console.log(flags.json ? encode(verified, range) : describe(verified, range))
    return verified.total === 0
  } catch (error) {
    if (!signal.aborted) throw error
    bar.clear()
    console.error('Interrupted before everything was compared')
    return false
  }
}

function encode(verified: Verified, { fromDay, toDay }: DayRange): string {
  const { coverage, total } = verified
  return JSON.stringify(
    {
      ok: total === 0,
      from: formatDate(fromDay),
      to: formatDate(toDay),
      coverage: coverage && {
        from: new Date(coverage.fromMs).toISOString(),
        to: new Date(coverage.toMs).toISOString(),
        ratio: coverage.ratio,
        gaps: coverage.gaps,
      },
      ...encodeFound(verified),
    },
    null,
    2,
  )
}

/** Activity is a fact about the past that rows can only tell a part of, whether any were dropped or not. */
const activity = ['author_hour', 'author_day']

/** What rows that were dropped keep from being told, as a sentence goes on. */
function describeDropped({ comparisons }: Verified): string {
  const others = comparisons.filter(({ tally }) => !activity.includes(tally))
  const atLeast = others.reduce((sum, each) => sum + each.atLeast, 0)
  const leftOut = comparisons.reduce((sum, each) => sum + each.leftOut, 0)
  if (atLeast + leftOut === 0) return ''
  return `, as far as rows are kept: ${formatCount(atLeast)} of them are known as at least that, ${formatCount(leftOut)} more could not be compared`
}

function describe(verified: Verified, range: DayRange): string {
  const { comparisons, total, coverage } = verified
  const compared = comparisons.reduce((sum, each) => sum + each.compared, 0)
  const result =
    compared === 0
      ? '– nothing was compared: no number of this range can be'
      : total === 0
        ? `${styleText('green', '✓')} ${formatCount(compared)} numbers compared; every one is what the rows say${describeDropped(verified)}`
        : `${styleText('red', '✗')} ${formatCount(total)} of ${formatCount(compared)} numbers are not what the rows say; recount corrects them`
  return [
    `${styleText('dim', 'range     ')} ${describeRange(range)}`,
    `${styleText('dim', 'coverage  ')} ${describeCoverage(coverage)}`,
    '',
    ...describeComparisons(verified),
    '',
    ...(total === 0 ? [] : [...describeDifferences(verified), '']),
    result,
  ].join('\n')
}

function describeRange({ fromDay, toDay }: DayRange): string {
  if (fromDay === null && toDay === null) return 'everything that rows can tell'
  const last = formatDate(toDay === null ? null : toDay - 1)
  return `${formatDate(fromDay) ?? 'the first day'} to ${last ?? 'now'}, whole UTC days`
}

function describeCoverage(coverage: Verified['coverage']): string {
  if (coverage === null) return 'nothing was listened to'
  const { fromMs, toMs, ratio, gaps } = coverage
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 19))
  const known = gaps.length === 1 ? '1 gap' : `${formatCount(gaps.length)} gaps`
  return `${formatCoverage(ratio)} of ${from}Z to ${to}Z was received, ${known} known`
}
