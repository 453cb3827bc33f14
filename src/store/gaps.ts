/** The ledger of what was not received, table `gap`: opening, bounding, closing, listing. */
import type { Pool } from '../db/pool.ts'
import { raw, type Sql, sql } from '../db/sql.ts'
import { silenceReason, stallReasons } from '../event/ledger-reasons.ts'

export interface GapRow {
  readonly id: number
  readonly source: string
  readonly host: string
  /** Network time, µs. */
  readonly fromUs: number
  /** Null while it goes on. */
  readonly toUs: number | null
  readonly reason: string
  /** The collection, where it is about one. */
  readonly detail: string | null
  readonly detectedAt: Date
  readonly closedAt: Date | null
  readonly closedBy: string | null
}

/** Where the name of a replay for a gap has its id, see `fill-gap.ts`. */
const healedGap = ':([0-9]+)(?::archive)?$'

const columns = raw(`
  id as "id",
  source as "source",
  host as "host",
  from_us as "fromUs",
  to_us as "toUs",
  reason as "reason",
  detail as "detail",
  detected_at as "detectedAt",
  closed_at as "closedAt",
  closed_by as "closedBy"`)

export interface BegunGap {
  readonly source: string
  readonly host: string
  readonly fromUs: number
  readonly reason: string
  readonly detail?: string | undefined
}

/**
 * Opens a gap that goes on, unless one of the source (and of the same collection, where it is about one) goes on already.
 * Several processes may do so at once. Returns its id, or null where there was one.
 */
export async function openGap(db: Pool, gap: BegunGap): Promise<number | null> {
  const { source, host, fromUs, reason, detail = null } = gap
  const [row] = await db.query<{ id: number }>(sql`
    insert into gap (source, host, from_us, reason, detail)
    select ${source}, ${host}, ${fromUs}::bigint, ${reason}, ${detail}::text
    where not exists (
      select from gap
      where source = ${source} and detail is not distinct from ${detail}::text and to_us is null
    )
    on conflict do nothing
    returning id as "id"`)
  return row?.id ?? null
}

/** Gaps of a source that wait for it to go on past them, also those that a run before this one has opened. */
export function listStalls(db: Pool, source: string): Promise<GapRow[]> {
  return db.query<GapRow>(sql`
    select ${columns}
    from gap
    where source = ${source} and reason = any(${stallReasons}) and closed_at is null
    order by from_us`)
}

/** Gives a gap that went on its end. */
export async function endGap(db: Pool, id: number, toUs: number): Promise<void> {
  await db.query(sql`
    update gap
    set to_us = greatest(from_us + 1, ${toUs}::bigint)
    where id = ${id} and to_us is null`)
}

/** Notes that a gap is filled, and by what. False where that was known. */
export async function closeGap(db: Pool, id: number, closedBy: string): Promise<boolean> {
  const rows = await db.query(sql`
    update gap
    set closed_at = now(), closed_by = ${closedBy}
    where id = ${id} and closed_at is null
    returning id`)
  return rows.length > 0
}

/**
 * Notes that the later part of a gap is filled: from then on it is two, the part that is left, which keeps the id, and the
 * one that is closed.
 */
export async function shrinkGap(
  db: Pool,
  { id }: Pick<GapRow, 'id'>,
  filled: { readonly fromUs: number; readonly by: string },
): Promise<void> {
  await db.query(sql`
    with whole as (
      select * from gap where id = ${id} and closed_at is null and from_us < ${filled.fromUs}::bigint and to_us > ${filled.fromUs}::bigint
      for update
    ), filled as (
      insert into gap (source, host, from_us, to_us, reason, detail, detected_at, closed_at, closed_by)
      select source, host, ${filled.fromUs}::bigint, to_us, reason, detail, detected_at, now(), ${filled.by}
      from whole
      on conflict do nothing
    )
    update gap
    set to_us = ${filled.fromUs}::bigint
    where id in (select id from whole)`)
}

export interface GapChoice {
  readonly ids?: readonly number[]
  /** Those that reach beyond this network time, µs. */
  readonly sinceUs?: number | undefined
  /** Also those that are closed. */
  readonly closed?: boolean
  readonly limit: number
}

/** Gaps, oldest first. */
export function listGaps(db: Pool, choice: GapChoice): Promise<GapRow[]> {
  const { ids, sinceUs, closed = false, limit } = choice
  const conditions: Sql[] = [
    ids ? sql`id = any(${ids}::bigint[])` : raw('true'),
    sinceUs === undefined ? raw('true') : sql`(to_us is null or to_us > ${sinceUs})`,
    closed ? raw('true') : raw('closed_at is null'),
  ]
  const [ofId, since, open] = conditions
  return db.query<GapRow>(sql`
    select ${columns}
    from gap
    where ${ofId} and ${since} and ${open}
    order by from_us, id
    limit ${limit}`)
}

/** Collections of a source whose silence goes on. */
export function listSilences(db: Pool, source: string): Promise<GapRow[]> {
  return db.query<GapRow>(sql`
    select ${columns}
    from gap
    where source = ${source} and reason = ${silenceReason} and to_us is null`)
}

/** Ends and closes the silence of a collection, with the first minute in which it is heard again. False where there is none. */
export async function closeSilence(
  db: Pool,
  { id, detail, fromUs, source }: GapRow,
): Promise<boolean> {
  const rows = await db.query(sql`
    with heard as (
      select (extract(epoch from min(bucket)) * 1000000)::bigint as us
      from count_minute
      where dimension = 'collection' and key = ${detail} and n > 0
        and bucket >= ${new Date(Math.floor(fromUs / 1_000))}
    )
    update gap
    set to_us = greatest(from_us + 1, heard.us), closed_at = now(), closed_by = ${source}
    from heard
    where id = ${id} and to_us is null and heard.us is not null
    returning id`)
  return rows.length > 0
}

/** Drops positions of replays for gaps that have been closed otherwise meanwhile. */
export async function forgetHealed(db: Pool): Promise<void> {
  await db.query(sql`
    delete from position
    where starts_with(source, 'heal:')
      and exists (
        select from gap
        where id = substring(position.source from ${healedGap})::bigint
          and closed_at is not null
          and reason <> ${silenceReason}
      )`)
}
