import type pg from 'pg'

/** Rows that are looked at in one transaction. */
const rowsAtOnce = 10_000
const hourMs = 3_600_000
const firstSubject = '00000000-0000-0000-0000-000000000000'

export interface FoldOptions {
  /** Hours before that time are folded, ms since 1970. */
  readonly beforeMs: number
  /** Posts that were liked, reposted, answered and quoted as often keep their curve. */
  readonly keepFrom: number
}

/**
 * Sums the old hours of posts of which nobody wants the curve into hour 0, each log partition for itself: totals stay. Where
 * that saves no row everything stays as it is, and rows that somebody is writing are left for the next time. Returns how many
 * rows it saved. Ends early, with what was done so far, when the signal aborts.
 */
export async function foldEngagement(
  client: pg.Client,
  { beforeMs, keepFrom }: FoldOptions,
  signal: AbortSignal,
): Promise<number> {
  const beforeHour = Math.floor(beforeMs / hourMs)
  let after = firstSubject
  let saved = 0
  while (!signal.aborted) {
    const { rows } = await client.query<{ last: string | null; saved: number }>(fold, [
      after,
      beforeHour,
      keepFrom,
      rowsAtOnce,
    ])
    saved += rows[0]?.saved ?? 0
    const last = rows[0]?.last ?? null
    if (last === null) break
    after = last
  }
  return saved
}

const fold = `
  with walk as (
    select subject, hour
    from engagement
    where subject > $1
    order by subject, hour
    limit $4
  ), weighed as (
    select e.subject, e.part, e.hour, sum(e.likes + e.reposts + e.replies + e.quotes) over (partition by e.subject) as total
    from (select distinct subject from walk where hour <> 0 and hour < $2) as old
    join engagement e using (subject)
  ), chosen as (
    select subject, part
    from weighed
    where hour < $2 and total < $3
    group by subject, part
    having count(*) > 1
  ), held as (
    select e.subject, e.hour, e.part
    from engagement e join chosen using (subject, part)
    where e.hour <> 0 and e.hour < $2
    for update of e skip locked
  ), gone as (
    delete from engagement e
    using held
    where (e.subject, e.hour, e.part) = (held.subject, held.hour, held.part)
    returning e.subject, e.part, e.likes, e.reposts, e.replies, e.quotes
  ), folded as (
    insert into engagement as e (subject, hour, part, likes, reposts, replies, quotes)
    select subject, 0, part, sum(likes), sum(reposts), sum(replies), sum(quotes)
    from gone
    group by subject, part
    order by subject, part
    on conflict (subject, hour, part) do update
    set likes = e.likes + excluded.likes,
        reposts = e.reposts + excluded.reposts,
        replies = e.replies + excluded.replies,
        quotes = e.quotes + excluded.quotes
    returning old.subject is null as "isNew"
  )
  select
    (select subject from walk order by subject desc limit 1) as "last",
    (select count(*) from gone) - (select count(*) from folded where "isNew") as "saved"`
