import { readFile } from 'node:fs/promises'
import { AppError } from '../errors.ts'
import { formatTimeUs } from '../event/time.ts'
import { type BackfillSummary, backfill as backfillHistory } from '../pipeline/backfill.ts'
import { openDatabase, requireSameKind } from '../pipeline/database.ts'
import { formatCount } from '../pipeline/numbers.ts'
import { maxDids } from '../source/jetstream/jetstream-url.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'
import { storeLimits } from './gaps.ts'
import { cleanText } from './terminal-text.ts'
import { openTimeBar } from './time-bar.ts'
import { readSince, readTime } from './time-flags.ts'

export interface BackfillFlags extends CommonFlags {
  readonly since?: string
  readonly from?: string
  readonly to?: string
  readonly dids?: string
  readonly host?: string
}

/** Stores history from what hosts keep, and says what came of it. False where it was stopped before the end. */
export async function backfill(flags: BackfillFlags, { signal }: CommandContext): Promise<boolean> {
  const { fromUs, toUs } = readRange(flags)
  const accounts = flags.dids === undefined ? [] : await readAccounts(flags.dids)
  const { host, ...others } = flags
  const { config, logger } = configOf(others, host === undefined ? {} : { JETSTREAM_URL: host })
  await using database = await openDatabase(config, 'share', logger)
  await requireSameKind(database.url, false)
  const bar = openTimeBar(flags.json === true)
  try {
    const summary = await backfillHistory({
      databaseUrl: database.url,
      hosts: config.JETSTREAM_URL,
      fromUs,
      toUs,
      wire: config.JETSTREAM_WIRE,
      collections: config.JETSTREAM_COLLECTIONS,
      dids: accounts.length > 0 ? accounts : config.JETSTREAM_DIDS,
      compress: config.JETSTREAM_COMPRESS,
      apiKey: config.JETSTREAM_API_KEY || null,
      limits: storeLimits(config),
      signal,
      logger,
      onProgress: bar.update,
    })
    bar.clear()
    console.log(flags.json ? JSON.stringify(toJson(summary), null, 2) : describe(summary))
    return summary.finished
  } finally {
    bar.clear()
  }
}

function readRange({ since, from, to }: BackfillFlags): { fromUs: number; toUs: number | null } {
  if ((since === undefined) === (from === undefined)) {
    throw new AppError('USAGE_INVALID', 'say from when: --since or --from', {
      hint: 'For example --since 7d, or --from 2026-07-01 --to 2026-07-04.',
    })
  }
  const nowMs = Date.now()
  const fromUs =
    since === undefined ? readTime('--from', from ?? '') : readSince('--since', since, nowMs)
  const toUs = to === undefined ? null : readTime('--to', to)
  if (fromUs >= (toUs ?? nowMs * 1_000) || (toUs ?? 0) > nowMs * 1_000) {
    throw new AppError(
      'USAGE_INVALID',
      'the beginning must be before the end, and the end not in the future',
    )
  }
  return { fromUs, toUs }
}

/** DIDs, one a line; what follows a # is a remark. */
async function readAccounts(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new AppError('FILE_UNREADABLE', `cannot read ${path}: ${cause.message}`, { cause })
  })
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*/, '').trim())
  const accounts = [...new Set(lines.filter((line) => line !== ''))]
  const wrong = accounts.find((line) => !/^did:[a-z]+:[\w.:%-]+$/.test(line))
  if (wrong !== undefined) {
    throw new AppError(
      'USAGE_INVALID',
      `${path} has a line that is no DID: ${cleanText(wrong).slice(0, 80)}`,
    )
  }
  if (accounts.length === 0 || accounts.length > maxDids) {
    throw new AppError('USAGE_INVALID', `${path} names ${formatCount(accounts.length)} accounts`, {
      hint: `Name at least one and at most ${formatCount(maxDids)}; several files one after the other for more.`,
    })
  }
  return accounts
}

function describe(summary: BackfillSummary): string {
  const { host, fromUs, toUs, stored, events, deadLetters, withoutArchive, closedGaps } = summary
  const lines = [`${formatCount(events)} events from ${host} stored`]
  if (stored) {
    lines.push(
      `There are events from ${formatTimeUs(Math.max(fromUs, stored.fromUs))} to ${formatTimeUs(Math.min(toUs, stored.toUs))}`,
    )
  }
  if (withoutArchive !== null) {
    lines.push(
      `No archive was read, only what the host keeps for a day or more: ${cleanText(withoutArchive)}`,
    )
  }
  if (deadLetters > 0)
    lines.push(`${formatCount(deadLetters)} could not be stored and are set aside: dlq list`)
  if (closedGaps > 0)
    lines.push(
      `${formatCount(closedGaps)} ${closedGaps === 1 ? 'gap is' : 'gaps are'} closed by it`,
    )
  if (!summary.finished) lines.push('Interrupted; the same command goes on from here')
  return lines.join('\n')
}

function toJson({ fromUs, toUs, stored, ...others }: BackfillSummary) {
  const span = stored && { from: formatTimeUs(stored.fromUs), to: formatTimeUs(stored.toUs) }
  return { ...others, from: formatTimeUs(fromUs), to: formatTimeUs(toUs), stored: span }
}
