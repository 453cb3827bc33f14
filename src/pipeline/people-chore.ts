/**
 * People: how many different accounts were active in the 7 and the 30 days that end with each day.
 *
 * Distinct accounts do not add up, so each window is counted by itself, from `author_day`, and kept in `people_day`. A window is
 * counted anew where the daily counts within it have changed since, at most hourly. May be killed at any moment: each day is a
 * statement of its own.
 */
import type pg from 'pg'
import type { Chore } from './chores.ts'

const everyMs = 600_000
/** A window that changes all the time, such as that of the running day, is counted again only after so long. */
const keptSeconds = 3_600
const weekDays = 7
const monthDays = 30
/** Days that a question may ask for. */
const daysKept = 400
/** Accounts that are held in memory at a time: ids are hashes, and are counted in shares of all ids. */
const rowsAtOnce = 4_000_000
const mostShares = 256
/** The other chores get their turn, deletions among them; what is left is counted the next time. */
const longestRunMs = 60_000

export const peopleChore: Chore = {
  name: 'people',
  everyMs,
  run: (client, { signal }) => countPeople(client, signal),
}

/** Says what it did. Ends early, with the days counted so far, when the signal aborts, or after a minute. */
export async function countPeople(client: pg.Client, signal: AbortSignal): Promise<string> {
  const days = await findDue(client)
  let counted = 0
  let unfit = 0
  const started = performance.now()
  for (const day of days) {
    if (signal.aborted || performance.now() - started > longestRunMs) break
    if (await countDay(client, day, signal)) counted += 1
    else if (!signal.aborted) unfit += 1
  }
  const missing = unfit > 0 ? `; ${unfit} cannot be told, their accounts are no longer stored` : ''
  return `${counted} of ${days.length} days counted that had changed${missing}`
}

interface Due {
  readonly day: string
  /** Sum of the daily counts of the 30 days: as many rows of author_day are behind it. */
  readonly basis: number
}

/** Days whose windows have other daily counts than when they were counted, the newest first. */
async function findDue(client: pg.Client): Promise<Due[]> {
  const { rows } = await client.query<Due>(
    `with daily as (
       select (bucket at time zone 'UTC')::date as day, sum(authors)::bigint as accounts
       from count_day
       where dimension = 'active' and key = 'any'
         and bucket >= now() - make_interval(days => $1)
       group by 1
     ),
     windowed as (
       select
         day,
         (sum(accounts) over (
           order by day range between make_interval(days => $2) preceding and current row
         ))::bigint as basis
       from daily
     )
     select windowed.day::text as "day", windowed.basis
     from windowed left join people_day known using (day)
     where windowed.basis is distinct from known.basis
       and windowed.basis > 0
       and (known.computed_at is null or known.computed_at < now() - make_interval(secs => $3))
     order by windowed.day desc`,
    [daysKept + monthDays, monthDays - 1, keptSeconds],
  )
  return rows
}

/** False where the rows are not those that were counted: some were dropped by age, or never written. */
async function countDay(
  client: pg.Client,
  { day, basis }: Due,
  signal: AbortSignal,
): Promise<boolean> {
  const shares = Math.min(mostShares, 2 ** Math.ceil(Math.log2(Math.max(1, basis / rowsAtOnce))))
  let rows = 0
  let week = 0
  let month = 0
  for (let share = 0; share < shares; share++) {
    if (signal.aborted) return false
    const found = await countShare(client, day, [share, shares])
    rows += found.rows
    week += found.week
    month += found.month
  }
  // Between the statements, rows may have come: then the next round counts again, for the basis is another.
  const fit = rows >= basis
  // What was counted while the accounts were stored stays. That it cannot be counted is kept too, or it would be tried for ever.
  await client.query(
    `insert into people_day as known (day, week, month, basis)
     values ($1, $2, $3, $4)
     on conflict (day) do update
     set week = coalesce(excluded.week, known.week), month = coalesce(excluded.month, known.month),
       basis = excluded.basis, computed_at = excluded.computed_at`,
    [day, fit ? week : null, fit ? month : null, basis],
  )
  return fit
}

async function countShare(
  client: pg.Client,
  day: string,
  [share, shares]: readonly [number, number],
): Promise<{ rows: number; week: number; month: number }> {
  const { rows } = await client.query<{ rows: number; week: number; month: number }>(
    `select
       coalesce(sum(n), 0)::bigint as "rows",
       count(*) filter (where newest > $1::date - $2::int) as "week",
       count(*) as "month"
     from (
       select user_id, count(*) as n, max((bucket at time zone 'UTC')::date) as newest
       from author_day
       where bucket > ($1::date - $3::int)::timestamp at time zone 'UTC'
         and bucket <= $1::date::timestamp at time zone 'UTC'
         and user_id >= $4::uuid and user_id <= $5::uuid
       group by user_id
     ) as account`,
    [day, weekDays, monthDays, ...idsOf(share, shares)],
  )
  return rows[0] ?? { rows: 0, week: 0, month: 0 }
}

/** Least and greatest id of one of equal shares of all ids. */
function idsOf(share: number, shares: number): [string, string] {
  const hex = (n: number) => Math.floor(n).toString(16).padStart(8, '0')
  const width = 2 ** 32 / shares
  const first = hex(share * width)
  const last = hex((share + 1) * width - 1)
  return [`${first}-0000-0000-0000-000000000000`, `${last}-ffff-ffff-ffff-ffffffffffff`]
}
