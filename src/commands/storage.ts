import { styleText } from 'node:util'
import { explain, openClient } from '../db/pool.ts'
import { lookAtDatabase } from '../pipeline/database.ts'
import { formatBytes, formatCount, formatSpan } from '../pipeline/numbers.ts'
import { describePart } from '../pipeline/storage-limit.ts'
import { type KeptReport, readStorage, type StorageReport } from '../pipeline/storage-report.ts'
import { configOf, type DatabaseFlags, databaseSettings } from './command-context.ts'
import { alignColumns } from './terminal-text.ts'

const dayMs = 86_400_000

/** What takes which room, how long that goes well, and what is dropped next. */
export async function storage(flags: DatabaseFlags): Promise<void> {
  const { config, logger } = configOf(flags, databaseSettings(flags))
  await using database = await lookAtDatabase(config, logger)
  await using scope = new AsyncDisposableStack()
  const client = await openClient({
    url: database.url,
    statementTimeoutMs: config.STATEMENT_TIMEOUT_MS,
    applicationName: 'bluesky-analytics storage',
  })
  scope.defer(() => client.end())
  const report = await readStorage(client, config, Date.now()).catch((cause: unknown) => {
    throw explain(cause)
  })
  console.log(flags.json ? JSON.stringify(report, null, 2) : describe(report))
}

function describe(report: StorageReport): string {
  const { limit, usedBytes, databaseBytes, tables, kept } = report
  const lines: (readonly [string, string])[] = [
    ['taken', `${formatBytes(usedBytes)}, ${describePart(report)}`],
    ['events', describeEvents(report)],
    ['growth', describeGrowth(report)],
  ]
  if (limit) lines.push([limit.enforced ? 'limit in' : 'full in', describeEnd(report)])
  const log = usedBytes - databaseBytes
  return [
    ...lines.map(([name, text]) => `${styleText('dim', name.padEnd(10))} ${text}`),
    '',
    ...alignColumns([
      ['table', 'size', 'share', 'rows about', 'bytes/event'],
      ...tables.map((table) => [
        table.name,
        formatBytes(table.bytes),
        `${(table.share * 100).toFixed(1)} %`,
        formatCount(table.rows),
        table.bytesPerEvent === null ? '–' : table.bytesPerEvent.toFixed(1),
      ]),
    ]),
    '',
    ...alignColumns([
      ['kept', 'oldest', 'newest', 'size', 'days', 'goes next'],
      ...kept.map((one) => [
        one.table,
        one.oldest ?? '–',
        one.newest ?? '–',
        formatBytes(one.bytes),
        one.days === 0 ? '–' : String(one.days),
        describeNext(one),
      ]),
    ]),
    '',
    `Rows are estimates of the server. ${formatBytes(log)} of what is taken are set aside for its log.`,
  ].join('\n')
}

function describeEvents(report: StorageReport): string {
  const { events, eventsPerDay, bytesPerEvent, measuredDays } = report
  const stored = `${formatCount(events)} stored`
  if (eventsPerDay === null || bytesPerEvent === null) return `${stored}, too few to tell more`
  const each = `${stored}, ${formatCount(eventsPerDay)} a day, ${bytesPerEvent.toFixed(0)} bytes each`
  return measuredDays > 0 ? each : `${each}; a guess, rather too high, until a full day is stored`
}

function describeGrowth({ bytesPerDay, growthPerDay }: StorageReport): string {
  if (bytesPerDay === null || growthPerDay === null) return 'not known yet'
  const net = formatBytes(Math.abs(growthPerDay))
  return `${formatBytes(bytesPerDay)} a day; ${growthPerDay < 0 ? `${net} less` : `${net} more`} tomorrow, when what is too old is gone`
}

function describeEnd({ daysLeft, limit, nextForRoom, bytesPerDay }: StorageReport): string {
  const goes = nextForRoom
    ? `${nextForRoom.partition} (${formatBytes(nextForRoom.bytes)}) goes first`
    : 'nothing may go yet'
  const then = limit?.enforced ? `; ${goes}` : ''
  if (daysLeft === 0) return `no time, it is reached${then}`
  if (daysLeft !== null) return `${formatSpan(daysLeft * dayMs)}${then}`
  return bytesPerDay === null ? `not known yet${then}` : `not in the next ten years${then}`
}

function describeNext({ next }: KeptReport): string {
  return next ? `${next.partition} on ${next.on}` : ''
}
