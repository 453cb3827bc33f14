/** What is stored of which source, and from when on: tables `position` and `coverage` as others than the writer ask them. */
import type { Pool } from '../db/pool.ts'
import { sql } from '../db/sql.ts'

/** Fewer events than that say nothing about how far apart they usually are. */
const tellingFrames = 30

/** How far a source is stored, all its parts together. */
export interface StoredPosition {
  readonly host: string
  /** Of the slowest part that has begun, µs. */
  readonly timeUs: number
  /** Changes whenever that moves. */
  readonly mark: string
}

/** Null where nothing of the source is stored. */
export async function readStoredPosition(db: Pool, source: string): Promise<StoredPosition | null> {
  // Of several parts only the slowest tells; a single one also moves where its time stands still.
  const [row] = await db.query<StoredPosition>(sql`
    select
      host as "host",
      time_us as "timeUs",
      time_us || '/' || case when count(*) over () = 1 then version else 0 end as "mark"
    from position
    where source = ${source} and time_us > 0
    order by time_us
    limit 1`)
  return row ?? null
}

/**
 * Mean time between two events of a source in the hour before a time (µs since 1970), ms; null where too few came to tell.
 */
export async function readUsualSpacingMs(
  db: Pool,
  source: string,
  timeUs: number,
): Promise<number | null> {
  const [row] = await db.query<{ ms: number | null }>(sql`
    select (max(last_us) - min(first_us))::float8 / 1000 / nullif(sum(frames), 0) as "ms"
    from coverage
    where source = ${source} and bucket > to_timestamp(${timeUs}::float8 / 1000000) - interval '1 hour'
    having sum(frames) >= ${tellingFrames}`)
  return row?.ms ?? null
}

/** Where a source began and how far it is stored, µs; null where nothing of it is. */
export async function readStoredRange(
  db: Pool,
  source: string,
): Promise<{ readonly fromUs: number; readonly toUs: number } | null> {
  const [row] = await db.query<{ fromUs: number; toUs: number }>(sql`
    select min(first_time_us) as "fromUs", min(time_us) as "toUs"
    from position
    where source = ${source} and first_time_us > 0
    having count(*) > 0`)
  return row ?? null
}

/** The earliest network time from which a source that goes on was listened to, µs; null where there is none. */
export async function readLiveStart(db: Pool): Promise<number | null> {
  const [row] = await db.query<{ us: number | null }>(sql`
    select min(first_time_us) as "us"
    from position
    where first_time_us > 0 and (source = 'jetstream' or starts_with(source, 'kafka:'))`)
  return row?.us ?? null
}

/** Notes, before anything of it is stored, that a source holds only a part of what happened: it covers no time. */
export async function registerPartial(db: Pool, source: string): Promise<void> {
  await db.query(sql`
    insert into position (source, part, version, host, wire, seq, time_us, first_time_us, epoch, complete)
    values (${source}, 0, 0, '', 'v1', null, 0, 0, 0, false)
    on conflict do nothing`)
}

/** Drops the position of a source that is not read any more. What it stored stays. */
export async function forgetSource(db: Pool, source: string): Promise<void> {
  await db.query(sql`delete from position where source = ${source}`)
}

/** The day (UTC, as a date) before which rows were dropped; null where none were. */
export async function readFirstKeptDay(db: Pool): Promise<string | null> {
  const [row] = await db.query<{ day: string | null }>(sql`
    select max(end_day)::text as "day"
    from aged_out
    where table_name in ('bluesky_post', 'bluesky_record')`)
  return row?.day ?? null
}
