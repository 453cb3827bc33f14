import { statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import type { Component } from '../contract/health.ts'
import type { SchemaState } from '../db/migrate.ts'
import type { Pool } from '../db/pool.ts'
import { coverageOf, readListening } from '../read/coverage.ts'
import { askCoverage } from '../read/coverage-component.ts'
import { readVersion } from '../telemetry/version.ts'
import { leastFreeBytes } from './disk-space.ts'
import { type LagReport, readLag } from './lag-report.ts'
import { formatCount, formatSpan } from './numbers.ts'
import {
  countRows,
  readDays,
  readProcesses,
  readSchema,
  readServer,
  readSources,
  readStored,
  type SourceStatus,
  type StoredCounts,
  type StoredDays,
} from './status-queries.ts'

export interface StatusReport {
  readonly version: string
  readonly now: string
  readonly database: {
    readonly name: string
    readonly server: string
    readonly bytes: number
    readonly schema: SchemaState
  }
  /** Connections of this program, by what they say they do. */
  readonly processes: Readonly<Record<string, number>>
  readonly stored: StoredCounts
  readonly sources: readonly SourceStatus[]
  /** Through Kafka; null without it. */
  readonly log: Pick<LagReport, 'lag' | 'lagMs'> | null
  readonly coverage: { readonly today: number; readonly gapsToday: number; readonly gaps: number }
  readonly deadLetters: number
  readonly days: StoredDays
  /** Free bytes where the embedded database lies; null for a server of your own. */
  readonly diskFreeBytes: number | null
  /** What is not as it should be, one sentence each. */
  readonly troubles: readonly string[]
}

const dayMs = 86_400_000
const lateMs = 120_000
/** Between two looks at the newest event, where it is late: longer than between two batches. */
const secondLookMs = 3_000

/**
 * One page about what runs and what is stored, from counts and estimates. Takes some seconds where storing is late, to see
 * whether it catches up. Throws `AppError` DATABASE_….
 */
export async function readStatus(
  config: Config,
  url: string,
  { db, signal }: { readonly db: Pool; readonly signal: AbortSignal },
): Promise<StatusReport> {
  const nowMs = Date.now()
  const schema = await readSchema(url)
  const server = await readServer(db)
  const diskFreeBytes = config.DATABASE_URL === '' ? await readFree(config.DATA_DIR) : null
  const basis = {
    version: readVersion(),
    now: new Date(nowMs).toISOString(),
    database: { ...server, schema },
    processes: await readProcesses(db),
    diskFreeBytes,
  }
  if (schema.version < schema.wanted) {
    const troubles = [
      `The schema is at version ${schema.version}, this program wants ${schema.wanted}: run db-init.`,
    ]
    return { ...basis, ...nothing, troubles }
  }
  const sources = await readSources(db, nowMs)
  const log = await readLog(config, db)
  const todayMs = Math.floor(nowMs / dayMs) * dayMs
  const today = { fromMs: todayMs, toMs: todayMs + dayMs }
  const listening = await readListening(today, { db })
  const covered = coverageOf(listening, today)
  const stored = await readStored(db, new Date(todayMs))
  const report = {
    ...basis,
    // The last minute of network time says nothing about now where it was long ago.
    stored: isLate(sources, nowMs) ? { ...stored, eventsPerSecond: 0 } : stored,
    sources,
    log: log instanceof Error ? null : log,
    coverage: {
      today: covered.ratio,
      gapsToday: covered.gaps.length,
      gaps: await countRows(db, 'gap'),
    },
    deadLetters: await countRows(db, 'raw_message'),
    days: await readDays(db),
  }
  const catchesUp = isLate(sources, nowMs) && stores(report) && (await ageFalls(db, signal))
  const missing = await askCoverage({ db, nowMs })
  return { ...report, troubles: findTroubles(report, { log, catchesUp, missing }) }
}

/** Whether the newest stored event gets newer faster than time goes by. */
async function ageFalls(db: Pool, signal: AbortSignal): Promise<boolean> {
  const ageMs = async () => Date.now() - newestOf(await readSources(db, Date.now()))
  const before = await ageMs()
  await sleep(secondLookMs, undefined, { signal })
  return (await ageMs()) < before
}

function stores({ processes }: Pick<StatusReport, 'processes'>): boolean {
  return Object.keys(processes).some((name) => name.startsWith('store '))
}

const nothing = {
  stored: { events: 0, eventsToday: 0, postsToday: 0, accounts: 0, eventsPerSecond: 0 },
  sources: [],
  log: null,
  coverage: { today: 0, gapsToday: 0, gaps: 0 },
  deadLetters: 0,
  days: { n: 0, first: null, last: null },
} as const

function isLate(sources: readonly SourceStatus[], nowMs: number): boolean {
  return nowMs - newestOf(sources) > lateMs
}

function newestOf(sources: readonly SourceStatus[]): number {
  return Math.max(0, ...sources.map(({ asOfMs }) => asOfMs ?? 0))
}

function findTroubles(
  report: Omit<StatusReport, 'troubles'>,
  {
    log,
    catchesUp,
    missing,
  }: {
    readonly log: LagReport | Error | null
    readonly catchesUp: boolean
    readonly missing: Component
  },
): string[] {
  const { sources, diskFreeBytes } = report
  const newest = newestOf(sources)
  const behindMs = Date.parse(report.now) - newest
  const waiting = report.log?.lag ?? 0
  const rules: readonly (readonly [boolean, string])[] = [
    [newest === 0, 'Nothing is stored yet: run start, or ingest and persistence.'],
    [!stores(report), 'No process stores: run start, or persistence.'],
    [
      newest > 0 && stores(report) && behindMs > lateMs,
      `The newest stored event is ${formatSpan(behindMs)} old: ${describeDelay(waiting, catchesUp)}.`,
    ],
    [missing.state !== 'ok', `${missing.detail}.`],
    [log instanceof Error, log instanceof Error ? log.message : ''],
    [
      diskFreeBytes !== null && diskFreeBytes < leastFreeBytes,
      `Less than ${leastFreeBytes / 1024 ** 3} GiB of disk are left: make room before storing stops.`,
    ],
  ]
  return rules.filter(([applies]) => applies).map(([, sentence]) => sentence)
}

function describeDelay(waiting: number, catchesUp: boolean): string {
  const inKafka = `${formatCount(waiting)} events wait in Kafka`
  if (catchesUp) return waiting > 0 ? `storing catches up, ${inKafka}` : 'storing catches up'
  return waiting > 0
    ? `${inKafka}, and it does not get less old; lag says in which partitions, the log of persistence why`
    : 'look at the log of what reads and stores'
}

/** Null without Kafka; what Kafka said where it does not answer. */
async function readLog(config: Config, db: Pool): Promise<LagReport | Error | null> {
  if (config.KAFKA_BROKERS.length === 0) return null
  return readLag(config, db).catch((error: Error) => error)
}

async function readFree(dataDir: string): Promise<number | null> {
  const disk = await statfs(resolve(dataDir)).catch(() => null)
  return disk && disk.bavail * disk.bsize
}
