import { openPool } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import { type LagReport, readLag } from '../pipeline/lag-report.ts'
import { formatCount, formatSpan } from '../pipeline/numbers.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'
import { alignColumns } from './terminal-text.ts'
import { showPage } from './watch.ts'

export interface LagFlags extends DatabaseFlags {
  readonly max?: string
  readonly maxAge?: string
  readonly watch?: boolean
}

/** How far storing is behind. False where that is more than is allowed. */
export async function lag(flags: LagFlags, { signal }: CommandContext): Promise<boolean> {
  const max = readBound('--max', flags.max)
  const maxAgeMs = readBound('--max-age', flags.maxAge) * 1_000
  const { config, logger } = configOf(flags, databaseSettings(flags))
  if (flags.max !== undefined && config.KAFKA_BROKERS.length === 0) {
    throw new AppError(
      'KAFKA_MISSING',
      '--max counts events that wait in Kafka, and KAFKA_BROKERS is not set',
      {
        hint: 'Without Kafka, --max-age says how far behind is too far.',
      },
    )
  }
  await using database = await lookAtDatabase(config, logger)
  await using db = openPool({
    url: database.url,
    max: 1,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    applicationName: 'bluesky-analytics lag',
  })
  return await showPage({ watch: flags.watch === true, signal }, async () => {
    const report = await readLag(config, db)
    const ok = (report.lag ?? 0) <= max && (report.lagMs ?? Number.POSITIVE_INFINITY) <= maxAgeMs
    return { ok, text: flags.json ? JSON.stringify({ ok, ...report }) : describe(report) }
  })
}

function readBound(flag: string, text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY
  const bound = text === '' ? Number.NaN : Number(text)
  if (bound >= 0) return bound
  throw new AppError('USAGE_INVALID', `${flag} ${text} is no number`, {
    hint: 'Use a number from 0 on.',
  })
}

function describe({ kafka, partitions, lag, lagMs }: LagReport): string {
  const span = (ms: number | null) => (ms === null ? '–' : formatSpan(ms))
  const count = (n: number | null) => (n === null ? '–' : formatCount(n))
  if (!kafka) {
    if (partitions.length === 0) return 'Nothing is stored yet'
    const rows = partitions.map(({ source, lagMs }) => [source, span(lagMs)])
    return alignColumns([['source', 'behind'], ...rows]).join('\n')
  }
  const head = ['partition', 'stored', 'end', 'lag', 'behind', 'owner']
  const rows = partitions.map((row) => [
    String(row.partition),
    count(row.storedOffset),
    count(row.endOffset),
    count(row.lag),
    span(row.lagMs),
    row.owner ?? 'nobody',
  ])
  return alignColumns([head, ...rows, ['total', '', '', count(lag), span(lagMs), '']]).join('\n')
}
