import { listUsers } from '../contract/users.ts'
import { every, raw, type Sql, sql } from '../db/sql.ts'
import { formatId, userId } from '../event/ids.ts'
import { cleanText } from '../event/text.ts'
import { readCursor, toPage } from './page.ts'
import { refuse } from './period.ts'
import { defineQuestion } from './question.ts'
import { hasSynthetic } from './sources.ts'

interface UserRow {
  readonly id: string
  readonly did: string
  readonly handle: string | null
  readonly active: boolean
  readonly status: string | null
  readonly firstSeenAt: Date | null
  readonly lastSeenAt: Date | null
}

export const usersQuestion = defineQuestion(listUsers, async (query, context) => {
  const { did, handle, active, seenSince, cursor, limit } = query
  const conditions: Sql[] = [raw('not hidden')]
  if (cursor !== undefined) conditions.push(sql`id > ${readCursor(cursor)}::uuid`)
  if (did !== undefined) conditions.push(sql`id = ${formatId(userId(cleanText(did)))}::uuid`)
  if (handle !== undefined) {
    conditions.push(sql`lower(handle) = lower(${cleanText(handle).replace(/^@/, '')})`)
  }
  if (active !== undefined) conditions.push(sql`active = ${active}`)
  if (seenSince !== undefined) {
    if (Number.isNaN(Date.parse(seenSince))) {
      throw refuse('seenSince', `${seenSince} is no date that exists`)
    }
    conditions.push(sql`last_seen_at >= date_trunc('hour', ${seenSince}::timestamptz)`)
  }
  const [found, synthetic] = await Promise.all([
    context.db.query<UserRow>(sql`
      select
        id, did, handle, active, status,
        first_seen_at as "firstSeenAt", last_seen_at as "lastSeenAt"
      from bluesky_user
      where ${every(conditions)}
      order by id
      limit ${limit + 1}`),
    hasSynthetic(context),
  ])
  const { rows, next } = toPage(found, limit)
  const users = rows.map((row) => ({
    ...row,
    firstSeenAt: row.firstSeenAt?.toISOString() ?? null,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
  }))
  return { users, next, synthetic }
})
