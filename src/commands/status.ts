import { styleText } from 'node:util'
import { openPool } from '../db/pool.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import { formatBytes, formatCount, formatCoverage, formatSpan } from '../pipeline/numbers.ts'
import { readStatus, type StatusReport } from '../pipeline/status-report.ts'
import {
  type CommandContext,
  configOf,
  type DatabaseFlags,
  databaseSettings,
} from './command-context.ts'
import { cleanText } from './terminal-text.ts'
import { showPage } from './watch.ts'

export interface StatusFlags extends DatabaseFlags {
  readonly watch?: boolean
}

/** One page about what runs and what is stored. False where something is in trouble. */
export async function status(flags: StatusFlags, { signal }: CommandContext): Promise<boolean> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using database = await lookAtDatabase(config, logger)
  await using db = openPool({
    url: database.url,
    max: 1,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    applicationName: 'bluesky-analytics status',
  })
  return await showPage({ watch: flags.watch === true, signal }, async () => {
    const report = await readStatus(config, database.url, { db, signal })
    const ok = report.troubles.length === 0
    return { ok, text: flags.json ? JSON.stringify({ ok, ...report }) : describe(report) }
  })
}

function describe(report: StatusReport): string {
  const { database, stored, sources, log, coverage, days } = report
  const { version, wanted } = database.schema
  const schema = version === wanted ? `schema ${version}` : `schema ${version}, wanted ${wanted}`
  const running = Object.entries(report.processes).map(([name, n]) =>
    n > 1 ? `${name} ×${n}` : name,
  )
  const lines: (readonly [string, string])[] = [
    ['program', `Bluesky Analytics ${report.version}, ${report.now}`],
    ['database', `${database.name}, ${formatBytes(database.bytes)}, ${database.server}, ${schema}`],
    ['running', running.length === 0 ? 'nothing' : running.join(', ')],
    [
      'stored',
      `${formatCount(stored.events)} events, about ${formatCount(stored.accounts)} accounts`,
    ],
    [
      'today',
      `${formatCount(stored.eventsToday)} events, ${formatCount(stored.postsToday)} posts, ${stored.eventsPerSecond.toFixed(1)} events/s in the last minute`,
    ],
    ...sources.map((source) => ['source', describeSource(source)] as const),
    ...(log === null ? [] : ([['Kafka', describeLog(log)]] as const)),
    [
      'coverage',
      `${formatCoverage(coverage.today)} of today, ${formatCount(coverage.gapsToday)} ${coverage.gapsToday === 1 ? 'gap' : 'gaps'} in it, ${formatCount(coverage.gaps)} known in all`,
    ],
    [
      'set aside',
      `${formatCount(report.deadLetters)} waiting${report.deadLetters > 0 ? ': dlq list' : ''}`,
    ],
    [
      'days',
      days.n === 0
        ? 'no partitions yet'
        : `${days.n} ${days.n === 1 ? 'partition' : 'partitions'}, ${days.first} to ${days.last}`,
    ],
    ...(report.diskFreeBytes === null
      ? []
      : ([['disk', `${formatBytes(report.diskFreeBytes)} free`]] as const)),
  ]
  const page = lines.map(
    ([name, value]) => `${styleText('dim', name.padEnd(10))} ${cleanText(value)}`,
  )
  const troubles = report.troubles.map((text) => `${styleText('red', '✗')} ${cleanText(text)}`)
  return [
    ...page,
    '',
    ...(troubles.length > 0 ? troubles : [`${styleText('green', '✓')} all is well`]),
  ].join('\n')
}

function describeSource(source: StatusReport['sources'][number]): string {
  const { source: name, partitions, host, wire, asOfMs, lagMs } = source
  if (asOfMs === null || lagMs === null) return `${name}: nothing stored yet`
  const parts = partitions > 1 ? `${partitions} partitions, ` : ''
  const from = host === name ? '' : ` from ${host} (${wire})`
  return `${name}${from}: ${parts}stored to ${new Date(asOfMs).toISOString()}, ${formatSpan(lagMs)} behind`
}

function describeLog({ lag, lagMs }: NonNullable<StatusReport['log']>): string {
  const behind = lagMs === null ? '' : `, ${formatSpan(lagMs)} behind`
  return `${formatCount(lag ?? 0)} events wait to be stored${behind}`
}
