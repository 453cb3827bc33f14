import { people } from '../contract/people.ts'
import { sql } from '../db/sql.ts'
import { coverageOf, type Listening, provenance, readListening } from './coverage.ts'
import { dateOf, readDays } from './days.ts'
import type { Range } from './period.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { grainMs } from './slices.ts'

const weekDays = 7
const monthDays = 30

export const peopleQuestion = defineQuestion(people, async (query, context) => {
  const { days, range } = readDays(query, context.nowMs)
  // Windows of 30 days reach back before the range.
  const wide = { fromMs: range.fromMs - (monthDays - 1) * grainMs.day, toMs: range.toMs }
  const [listening, byDay] = await Promise.all([
    readListening(wide, context),
    readPeople(wide, context),
  ])
  const asOfMs = (listening.asOfUs ?? 0) / 1000
  const sinceMs = Math.min(...listening.stretches.map(({ fromUs }) => fromUs / 1000))
  // Days after the newest event say nothing yet: zero would be a claim.
  const known = days.filter((dayMs) => dayMs <= asOfMs)
  const received = known.map((dayMs) => ratioOf(listening, dayMs, 1))
  const rows = known.map((dayMs) => byDay.get(dateOf(dayMs)))
  const ofDay = (name: 'daily' | 'posters' | 'likers' | 'reposters' | 'followers' | 'others') =>
    rows.map((row, index) => (received[index] ? (row?.[name] ?? null) : null))
  const ofWindow = (name: 'weekly' | 'monthly', length: number) =>
    known.map((dayMs, index) => {
      const whole = ratioOf(listening, dayMs, length) === 1
      return whole && isCounted(byDay, dayMs, length) ? (rows[index]?.[name] ?? null) : null
    })
  const daily = ofDay('daily')
  const monthly = ofWindow('monthly', monthDays)
  const fresh = known.map((dayMs, index) =>
    // Nobody can have been seen before the record began.
    received[index] && dayMs > sinceMs ? (rows[index]?.new ?? null) : null,
  )
  const open = known.length > 0 && (known.at(-1) ?? 0) + grainMs.day > asOfMs
  const running = (index: number) => open && index === known.length - 1
  const computed = rows.flatMap((row) => row?.computedAt ?? [])
  return {
    ...provenance(listening, range, 'counts'),
    starts: known.map((dayMs) => dayMs / 1000),
    received,
    daily,
    weekly: ofWindow('weekly', weekDays),
    monthly,
    stickiness: daily.map((accounts, index) => {
      const month = monthly[index]
      return accounts === null || !month || running(index) ? null : accounts / month
    }),
    new: fresh,
    returning: daily.map((accounts, index) => {
      const unseen = fresh[index]
      if (accounts === null || unseen === null || unseen === undefined) return null
      return Math.max(0, accounts - unseen)
    }),
    posters: ofDay('posters'),
    likers: ofDay('likers'),
    reposters: ofDay('reposters'),
    followers: ofDay('followers'),
    others: ofDay('others'),
    since: Number.isFinite(sinceMs) ? new Date(sinceMs).toISOString() : null,
    computedAt: computed.at(-1)?.toISOString() ?? null,
    open,
  }
})

/** Part that was received of so many days that end with one. */
function ratioOf(listening: Listening, dayMs: number, length: number): number {
  const toMs = dayMs + grainMs.day
  return coverageOf(listening, { fromMs: toMs - length * grainMs.day, toMs }).ratio
}

/** Whether accounts were counted on each of so many days that end with one: before they were, there is nothing of a day. */
function isCounted(byDay: ReadonlyMap<string, Row>, dayMs: number, length: number): boolean {
  for (let back = 0; back < length; back++) {
    if (!byDay.has(dateOf(dayMs - back * grainMs.day))) return false
  }
  return true
}

interface Row {
  readonly daily: number
  readonly new: number
  readonly posters: number
  readonly likers: number
  readonly reposters: number
  readonly followers: number
  readonly others: number
  readonly weekly: number | null
  readonly monthly: number | null
  readonly computedAt: Date | null
}

async function readPeople(range: Range, { db }: ReadContext): Promise<ReadonlyMap<string, Row>> {
  const rows = await db.query<Row & { date: string }>(sql`
    with counted as (
      select
        (bucket at time zone 'UTC')::date as day,
        coalesce(sum(authors) filter (where key = 'any'), 0)::bigint as daily,
        coalesce(sum(authors) filter (where key = 'new'), 0)::bigint as new,
        coalesce(sum(authors) filter (where key = 'post'), 0)::bigint as posters,
        coalesce(sum(authors) filter (where key = 'like'), 0)::bigint as likers,
        coalesce(sum(authors) filter (where key = 'repost'), 0)::bigint as reposters,
        coalesce(sum(authors) filter (where key = 'follow'), 0)::bigint as followers,
        coalesce(sum(authors) filter (where key = 'other'), 0)::bigint as others
      from count_day
      where dimension = 'active' and bucket >= ${new Date(range.fromMs)} and bucket < ${new Date(range.toMs)}
      group by bucket
    )
    select
      counted.day::text as "date",
      daily, new, posters, likers, reposters, followers, others,
      people_day.week as "weekly", people_day.month as "monthly",
      people_day.computed_at as "computedAt"
    from counted left join people_day on people_day.day = counted.day`)
  return new Map(rows.map(({ date, ...row }) => [date, row]))
}
