/** What the page on status asks the database: counts and estimates, never a scan of rows. */
import { readSchemaState, type SchemaState } from '../db/migrate.ts'
import { openClient, type Pool } from '../db/pool.ts'
import { sql } from '../db/sql.ts'
import { goesOn } from './goes-on.ts'

export interface SourceStatus {
  readonly source: string
  readonly partitions: number
  readonly host: string
  readonly wire: string
  /** Network time of the newest stored event, ms since 1970; null before the first. */
  readonly asOfMs: number | null
  readonly lagMs: number | null
}

export interface StoredCounts {
  readonly events: number
  readonly eventsToday: number
  readonly postsToday: number
  /** The server's own estimate. */
  readonly accounts: number
  /** Of the last whole minute of network time. */
  readonly eventsPerSecond: number
}

export interface StoredDays {
  readonly n: number
  readonly first: string | null
  readonly last: string | null
}

export async function readSchema(url: string): Promise<SchemaState> {
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

export async function readServer(
  db: Pool,
): Promise<{ name: string; server: string; bytes: number }> {
  const [row] = await db.query<{ name: string; server: string; bytes: number }>(sql`
    select
      current_database() as "name",
      'PostgreSQL ' || current_setting('server_version') as "server",
      pg_database_size(current_database()) as "bytes"`)
  return row ?? { name: '', server: '', bytes: 0 }
}

export async function readProcesses(db: Pool): Promise<Record<string, number>> {
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

export async function readSources(db: Pool, nowMs: number): Promise<SourceStatus[]> {
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
    where ${goesOn}
    group by source
    order by source`)
  return rows.map(({ timeUs, ...row }) => {
    const asOfMs = timeUs === null ? null : Math.floor(timeUs / 1_000)
    return { ...row, asOfMs, lagMs: asOfMs === null ? null : Math.max(0, nowMs - asOfMs) }
  })
}

export async function readStored(db: Pool, today: Date): Promise<StoredCounts> {
  const [row] = await db.query<StoredCounts>(sql`
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
  return row ?? { events: 0, eventsToday: 0, postsToday: 0, accounts: 0, eventsPerSecond: 0 }
}

/** Of tables that stay small. Of messages only those that wait. */
export async function countRows(db: Pool, table: 'gap' | 'raw_message'): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    table === 'gap'
      ? sql`select count(*) as "n" from gap`
      : sql`select count(*) as "n" from raw_message where not processed`,
  )
  return row?.n ?? 0
}

export async function readDays(db: Pool): Promise<StoredDays> {
  const rows = await db.query<{ day: string }>(sql`
    select right(relid::regclass::text, 8) as "day"
    from pg_partition_tree('bluesky_post')
    where isleaf and relid::regclass::text ~ '_[0-9]{8}$'
    order by 1`)
  const shown = (day: string | undefined) =>
    day === undefined ? null : `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`
  return { n: rows.length, first: shown(rows[0]?.day), last: shown(rows.at(-1)?.day) }
}
