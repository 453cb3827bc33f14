/** Messages that were set aside, in `raw_message`, until somebody deals with them. */
import type { Pool } from '../db/pool.ts'
import { raw, type Sql, sql } from '../db/sql.ts'

export interface DeadLetterRow {
  readonly id: string
  readonly reason: string
  readonly did: string | null
  readonly kind: string | null
  readonly host: string
  readonly wire: string
  readonly seq: number | null
  /** Network clock that the message gives, µs, where it could be read. */
  readonly timeUs: number | null
  readonly setAsideAt: Date
  readonly bytes: number
}

export interface DeadLetterMessage extends DeadLetterRow {
  readonly content: Buffer
  /** Whether `content` is byte for byte what came; else it is what jsonb kept of it. */
  readonly exact: boolean
  readonly dealtWithAt: Date | null
}

/** Which of those that wait. */
export interface DeadLetterChoice {
  readonly id?: string | undefined
  /** What the reason begins with. */
  readonly reason?: string | undefined
}

export interface ReasonCount {
  readonly reason: string
  readonly n: number
  readonly oldest: Date
  readonly newest: Date
}

/** How many wait, by what their reason begins with: what the database said of one row alone is left out. */
export function countReasons(db: Pool, choice: DeadLetterChoice): Promise<ReasonCount[]> {
  return db.query<ReasonCount>(sql`
    select
      split_part(coalesce(error, 'unknown'), ':', 1) as "reason",
      count(*) as "n",
      min(created_at) as "oldest",
      max(created_at) as "newest"
    from raw_message
    where ${waiting(choice)}
    group by 1
    order by 2 desc, 1`)
}

/** The newest that wait, before one where that is given: pages by key. */
export function listDeadLetters(
  db: Pool,
  choice: DeadLetterChoice,
  page: { readonly limit: number; readonly before: string | null },
): Promise<DeadLetterRow[]> {
  return db.query<DeadLetterRow>(sql`
    select ${columns}
    from raw_message
    where ${waiting(choice)} and (${page.before}::uuid is null or id < ${page.before}::uuid)
    order by id desc
    limit ${page.limit}`)
}

/** Those that wait, oldest first, behind one where that is given; no more than so many bytes, unless one alone is larger. */
export function readDeadLetters(
  db: Pool,
  choice: DeadLetterChoice,
  page: { readonly limit: number; readonly maxBytes: number; readonly after: string | null },
): Promise<DeadLetterMessage[]> {
  return db.query<DeadLetterMessage>(sql`
    with next as (
      select id, ${size} as size
      from raw_message
      where ${waiting(choice)} and (${page.after}::uuid is null or id > ${page.after}::uuid)
      order by id
      limit ${page.limit}
    ), summed as (
      select id, size, sum(size) over (order by id) as total from next
    )
    select ${columns}, ${content}
    from raw_message
    where id in (select id from summed where total <= ${page.maxBytes} or total = size)
    order by id`)
}

/** One message, dealt with or not; null where there is none of that id. */
export async function readDeadLetter(db: Pool, id: string): Promise<DeadLetterMessage | null> {
  const [row] = await db.query<DeadLetterMessage>(sql`
    select ${columns}, ${content}
    from raw_message
    where id = ${id}::uuid`)
  return row ?? null
}

/** Marks messages that are stored now. */
export async function markProcessed(db: Pool, ids: readonly string[]): Promise<void> {
  await db.query(sql`
    update raw_message
    set processed = true, updated_at = now()
    where id = any(${ids}::uuid[]) and not processed`)
}

/** Gives a message that was refused again the reason of this time. */
export async function setReason(db: Pool, id: string, reason: string): Promise<void> {
  await db.query(sql`
    update raw_message
    set error = ${reason}, updated_at = now()
    where id = ${id}::uuid and error is distinct from ${reason}`)
}

/** Deletes those that wait, at most so many at a time so that nobody waits for it. Returns how many. */
export async function dropDeadLetters(
  db: Pool,
  choice: DeadLetterChoice,
  limit: number,
): Promise<number> {
  const rows = await db.query(sql`
    delete from raw_message
    where id in (select id from raw_message where ${waiting(choice)} order by id limit ${limit})
    returning id`)
  return rows.length
}

/** Deletes those that were dealt with so many days ago, at most so many at a time. Returns how many. */
export async function dropProcessed(db: Pool, days: number, limit: number): Promise<number> {
  const rows = await db.query(sql`
    delete from raw_message
    where id in (
      select id
      from raw_message
      where processed and updated_at < now() - make_interval(days => ${days})
      limit ${limit}
    )
    returning id`)
  return rows.length
}

/** A copy of a message under another id, which a new attempt has made because jsonb had changed its bytes. */
export async function dropCopy(db: Pool, id: string): Promise<void> {
  await db.query(sql`delete from raw_message where id = ${id}::uuid`)
}

const sizeText = 'coalesce(length(bytes), octet_length(raw_data::text), 0)'
const size = raw(sizeText)

const columns = raw(`
  id as "id",
  coalesce(error, 'unknown') as "reason",
  did as "did",
  kind as "kind",
  host as "host",
  wire as "wire",
  seq as "seq",
  time_us as "timeUs",
  created_at as "setAsideAt",
  ${sizeText} as "bytes"`)

const content = raw(`
  coalesce(bytes, convert_to(raw_data::text, 'UTF8'), ''::bytea) as "content",
  bytes is not null as "exact",
  case when processed then updated_at end as "dealtWithAt"`)

function waiting({ id, reason }: DeadLetterChoice): Sql {
  const ofId = id === undefined ? raw('') : sql`and id = ${id}::uuid`
  const ofReason =
    reason === undefined ? raw('') : sql`and starts_with(coalesce(error, 'unknown'), ${reason})`
  return sql`not processed ${ofId} ${ofReason}`
}
