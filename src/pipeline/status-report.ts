import { statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { readSchemaState, type SchemaState } from '../db/migrate.ts'
import { openClient, type Pool } from '../db/pool.ts'
import { sql } from '../db/sql.ts'
import { coverageOf, readListening } from '../read/coverage.ts'
import { readVersion } from '../telemetry/version.ts'
import { type LagReport, readLag } from './lag-report.ts'

export interface SourceStatus {
  readonly source: string
  readonly partitions: number
  readonly host: string
  readonly wire: string
  /** Network time of the newest stored event, ms since 1970; null before the first. */
  readonly asOfMs: number | null
  readonly lagMs: number | null
}

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
  readonly stored: {
    readonly events: number
    readonly eventsToday: number
    readonly postsToday: number
    /** The server's own estimate. */
    readonly accounts: number
    /** Of the last whole minute of network time. */
    readonly eventsPerSecond: number
  }
  readonly sources: readonly SourceStatus[]
  /** Through Kafka; null without it. */
  readonly log: Pick<LagReport, 'lag' | 'lagMs'> | null
  readonly coverage: { readonly today: number; readonly gapsToday: number; readonly gaps: number }
  readonly deadLetters: number
  readonly days: { readonly n: number; readonly first: string | null; readonly last: string | null }
  /** Free bytes where the embedded database lies; null for a server of your own. */
  readonly diskFreeBytes: number | null
  /** What is not as it should be, one sentence each. */
  readonly troubles: readonly string[]
}

const dayMs = 86_400_000
const lateMs = 120_000
const leastFreeBytes = 2 * 1024 ** 3

/** One page about what runs and what is stored, from counts and estimates. Throws `AppError` DATABASE_…. */
export async function readStatus(config: Config, url: string, db: Pool): Promise<StatusReport> {
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
  return { ...report, troubles: findTroubles(report, log) }
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
  log: LagReport | Error | null,
): string[] {
  const { sources, processes, diskFreeBytes } = report
  const newest = newestOf(sources)
  const behindMs = Date.parse(report.now) - newest
  const stores = Object.keys(processes).some((name) => name.startsWith('store '))
  const rules: readonly (readonly [boolean, string])[] = [
    [newest === 0, 'Nothing is stored yet: run start, or ingest and persistence.'],
    [!stores, 'No process stores: run start, or persistence.'],
    [
      newest > 0 && stores && behindMs > lateMs,
      `The newest stored event is ${Math.round(behindMs / 1_000)} s old: look at the log of what reads and stores; lag says where it waits.`,
    ],
    [log instanceof Error, log instanceof Error ? log.message : ''],
    [
      diskFreeBytes !== null && diskFreeBytes < leastFreeBytes,
      'Less than 2 GiB of disk are left: make room before storing stops.',
    ],
  ]
  return rules.filter(([applies]) => applies).map(([, sentence]) => sentence)
}

async function readSchema(url: string): Promise<SchemaState> {
  const client = await openClient({
    url,
    statementTimeoutMs: 10_000,
    applicationName: 'bluesky-analytics status',
  })
  try {
    return await readSchemaState(client)
  } finally {
    await client.end()
  }
}

async function readServer(db: Pool): Promise<{ name: string; server: string; bytes: number }> {
  const [row] = await db.query<{ name: string; server: string; bytes: number }>(sql`
    select
      current_database() as "name",
      'PostgreSQL ' || current_setting('server_version') as "server",
      pg_database_size(current_database()) as "bytes"`)
  return row ?? { name: '', server: '', bytes: 0 }
}

async function readProcesses(db: Pool): Promise<Record<string, number>> {
  const rows = await db.query<{ name: string; n: number }>(sql`
    select application_name as "name", count(*) as "n"
    from pg_stat_activity
    where datname = current_database()
      and (starts_with(application_name, 'store ') or starts_with(application_name, 'bluesky-analytics'))
      and application_name not in ('bluesky-analytics status', 'bluesky-analytics')
    group by application_name
    order by application_name`)
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]))
}

async function readSources(db: Pool, nowMs: number): Promise<SourceStatus[]> {
  const rows = await db.query<
    Omit<SourceStatus, 'asOfMs' | 'lagMs'> & { timeUs: number | null }
  >(sql`
    select
      source as "source",
      count(*)::int as "partitions",
      (array_agg(host order by time_us desc))[1] as "host",
      (array_agg(wire order by time_us desc))[1] as "wire",
      min(nullif(time_us, 0)) as "timeUs"
    from position
    where not starts_with(source, 'file:')
    group by source
    order by source`)
  return rows.map(({ timeUs, ...row }) => {
    const asOfMs = timeUs === null ? null : Math.floor(timeUs / 1_000)
    return { ...row, asOfMs, lagMs: asOfMs === null ? null : Math.max(0, nowMs - asOfMs) }
  })
}

/** Null without Kafka; what Kafka said where it does not answer. */
async function readLog(config: Config, db: Pool): Promise<LagReport | Error | null> {
  if (config.KAFKA_BROKERS.length === 0) return null
  return readLag(config, db).catch((error: Error) => error)
}

async function readStored(db: Pool, today: Date): Promise<StatusReport['stored']> {
  const [row] = await db.query<StatusReport['stored']>(sql`
    with newest as (
      select date_trunc('minute', to_timestamp(max(time_us) / 1000000), 'UTC') as minute from position
    )
    select
      (select coalesce(sum(n), 0)::bigint from count_day where dimension = 'collection') as "events",
      (select coalesce(sum(n), 0)::bigint from count_day
       where dimension = 'collection' and bucket = ${today}) as "eventsToday",
      (select coalesce(sum(n), 0)::bigint from count_day
       where dimension = 'operation' and bucket = ${today}
         and key in ('app.bsky.feed.post/create', 'app.bsky.feed.post/update')) as "postsToday",
      (select greatest(reltuples, pg_stat_get_live_tuples(oid), 0)::bigint
       from pg_class where oid = 'bluesky_user'::regclass) as "accounts",
      (select coalesce(sum(c.n), 0)::float8 / 60 from count_minute c, newest
       where c.dimension = 'collection' and c.bucket = newest.minute - interval '1 minute') as "eventsPerSecond"`)
  return row ?? nothing.stored
}

/** Of tables that stay small. Of messages only those that wait. */
async function countRows(db: Pool, table: 'gap' | 'raw_message'): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    table === 'gap'
      ? sql`select count(*) as "n" from gap`
      : sql`select count(*) as "n" from raw_message where not processed`,
  )
  return row?.n ?? 0
}

async function readDays(db: Pool): Promise<StatusReport['days']> {
  const rows = await db.query<{ day: string }>(sql`
    select right(relid::regclass::text, 8) as "day"
    from pg_partition_tree('bluesky_post')
    where isleaf and relid::regclass::text ~ '_[0-9]{8}$'
    order by 1`)
  const shown = (day: string | undefined) =>
    day === undefined ? null : `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`
  return { n: rows.length, first: shown(rows[0]?.day), last: shown(rows.at(-1)?.day) }
}

async function readFree(dataDir: string): Promise<number | null> {
  const disk = await statfs(resolve(dataDir)).catch(() => null)
  return disk && disk.bavail * disk.bsize
}
