import { account } from '../contract/account.ts'
import { sql } from '../db/sql.ts'
import { AppError } from '../errors.ts'
import { formatId, userId } from '../event/ids.ts'
import { cleanText } from '../event/text.ts'
import { provenance, readListening } from './coverage.ts'
import { dateOf, readDays } from './days.ts'
import { defineQuestion, type ReadContext } from './question.ts'

interface Account {
  readonly id: string
  readonly did: string
  readonly handle: string | null
  readonly active: boolean | null
  readonly status: string | null
  readonly firstSeenAt: Date | null
  readonly lastSeenAt: Date | null
}

interface Ties {
  readonly follows: number
  readonly unfollows: number
  readonly blocks: number
  readonly unblocks: number
}

const noTies: Ties = { follows: 0, unfollows: 0, blocks: 0, unblocks: 0 }

export const accountQuestion = defineQuestion(account, async (query, context) => {
  const { days, range } = readDays(query, context.nowMs)
  const found = await findAccount(cleanText(query.account), context)
  const [totals, byDay, active, listening] = await Promise.all([
    readTotals(found.id, context),
    readTies(found.id, days, context),
    readActiveDays(found.id, days, context),
    readListening(range, context),
  ])
  const column = (name: keyof Ties) => days.map((dayMs) => byDay.get(dateOf(dayMs))?.[name] ?? 0)
  return {
    ...provenance(listening, range, 'counts'),
    account: {
      ...found,
      firstSeenAt: found.firstSeenAt?.toISOString() ?? null,
      lastSeenAt: found.lastSeenAt?.toISOString() ?? null,
    },
    follows: { gained: totals.follows, lost: totals.unfollows },
    blocks: { gained: totals.blocks, lost: totals.unblocks },
    activeDays: active.size,
    starts: days.map((dayMs) => dayMs / 1000),
    followsGained: column('follows'),
    followsLost: column('unfollows'),
    blocksGained: column('blocks'),
    blocksLost: column('unblocks'),
    active: days.map((dayMs) => active.has(dayMs)),
  }
})

/** Throws `AppError` `NOT_FOUND` for one that is hidden or that nobody has heard of, in the same words. */
async function findAccount(text: string, { db }: ReadContext): Promise<Account> {
  const isDid = text.startsWith('did:')
  const id = isDid ? formatId(userId(text)) : null
  const [row] = await db.query<Account & { hidden: boolean }>(sql`
    select
      id, did, handle, active, status,
      first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt", hidden
    from bluesky_user
    where ${
      isDid
        ? sql`id = ${id}::uuid`
        : sql`lower(handle) = lower(${text.replace(/^@/, '')}) and not hidden`
    }
    order by active desc, last_seen_at desc nulls last
    limit 1`)
  if (row && !row.hidden) {
    const { hidden: _, ...known } = row
    return known
  }
  if (!row && id !== null && (await hasTies(id, db))) {
    return {
      ...{ id, did: text, handle: null, active: null, status: null },
      ...{ firstSeenAt: null, lastSeenAt: null },
    }
  }
  throw new AppError('NOT_FOUND', `nothing is known of an account ${text.slice(0, 100)}`, {
    hint: 'Handles are known of few accounts: ask by DID.',
  })
}

async function hasTies(id: string, db: ReadContext['db']): Promise<boolean> {
  const rows = await db.query(sql`select from tie where subject = ${id}::uuid limit 1`)
  return rows.length > 0
}

async function readTotals(id: string, { db }: ReadContext): Promise<Ties> {
  const [row] = await db.query<Ties>(sql`
    select
      coalesce(sum(follows), 0) as "follows", coalesce(sum(unfollows), 0) as "unfollows",
      coalesce(sum(blocks), 0) as "blocks", coalesce(sum(unblocks), 0) as "unblocks"
    from tie
    where subject = ${id}::uuid`)
  return row ?? noTies
}

async function readTies(
  id: string,
  days: readonly number[],
  { db }: ReadContext,
): Promise<ReadonlyMap<string, Ties>> {
  const rows = await db.query<Ties & { date: string }>(sql`
    select
      day::text as "date",
      sum(follows) as "follows", sum(unfollows) as "unfollows",
      sum(blocks) as "blocks", sum(unblocks) as "unblocks"
    from tie
    where subject = ${id}::uuid
      and day >= ${dateOf(days[0] ?? 0)}::date
      and day <= ${dateOf(days.at(-1) ?? 0)}::date
    group by day`)
  return new Map(rows.map(({ date, ...ties }) => [date, ties]))
}

/** Starts of the days, ms, on which an account did something. */
async function readActiveDays(
  id: string,
  days: readonly number[],
  { db }: ReadContext,
): Promise<ReadonlySet<number>> {
  const starts = days.map((dayMs) => new Date(dayMs))
  const rows = await db.query<{ bucket: Date }>(sql`
    select bucket
    from author_day
    where bucket = any(${starts}::timestamptz[]) and user_id = ${id}::uuid`)
  return new Set(rows.map(({ bucket }) => bucket.getTime()))
}
