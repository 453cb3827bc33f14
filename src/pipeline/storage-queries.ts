/** What is asked about the room that a database takes: sizes from the file system, and counts; no scan of rows. */
import type pg from 'pg'

export interface DatabaseSize {
  readonly databaseBytes: number
  /** What the server's log (WAL) may grow to. */
  readonly logBytes: number
}

export interface TableSize {
  readonly name: string
  /** With indexes and partitions. */
  readonly bytes: number
  /** Of what is outside of partitions, in a table that has some. */
  readonly otherBytes: number
  /** The server's own estimate. */
  readonly rows: number
}

/** Cheap: asked every few minutes. */
export async function readDatabaseSize(client: pg.Client): Promise<DatabaseSize> {
  const { rows } = await client.query<DatabaseSize>(
    `select
       pg_database_size(current_database()) as "databaseBytes",
       pg_size_bytes(current_setting('max_wal_size')) as "logBytes"`,
  )
  return rows[0] ?? { databaseBytes: 0, logBytes: 0 }
}

/** The largest first. */
export async function readTableSizes(client: pg.Client): Promise<TableSize[]> {
  const { rows } = await client.query<TableSize>(
    `select
       root.relname as "name",
       coalesce(sum(pg_total_relation_size(leaf.oid)), 0)::bigint as "bytes",
       coalesce(sum(pg_total_relation_size(leaf.oid)) filter (where leaf.relname = root.relname || '_other'), 0)::bigint as "otherBytes",
       sum(greatest(leaf.reltuples, pg_stat_get_live_tuples(leaf.oid), 0))::bigint as "rows"
     from pg_class root
     left join lateral pg_partition_tree(root.oid) as part on root.relkind = 'p'
     join pg_class leaf on leaf.oid = coalesce(part.relid::oid, root.oid) and leaf.relkind = 'r'
     where root.relnamespace = current_schema()::regnamespace
       and root.relkind in ('r', 'p')
       and not root.relispartition
     group by root.relname
     order by "bytes" desc, "name"`,
  )
  return rows
}

/** Events by UTC day since 1970, as they are counted: each record once, on the day of its last operation. */
export async function readEventsByDay(client: pg.Client): Promise<Map<number, number>> {
  const { rows } = await client.query<{ day: number; n: number }>(
    `select (extract(epoch from bucket) / 86400)::int as "day", sum(n)::bigint as "n"
     from count_day
     where dimension = 'collection'
     group by bucket
     having sum(n) > 0
     order by bucket`,
  )
  return new Map(rows.map(({ day, n }) => [day, n]))
}

/** How much network time was listened to, ms; 0 where nothing was. */
export async function readListenedMs(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ ms: number }>(
    `select coalesce((max(time_us) - min(nullif(first_time_us, 0))) / 1000, 0) as "ms"
     from position
     where time_us > 0 and not starts_with(source, 'file:')`,
  )
  return rows[0]?.ms ?? 0
}
