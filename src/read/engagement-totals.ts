import type { Engagement, Post } from '../contract/posts.ts'
import { sql } from '../db/sql.ts'
import { type PostRow, toPost } from './post-row.ts'
import type { ReadContext } from './question.ts'

const noEngagement: Engagement = { likes: 0, reposts: 0, replies: 0, quotes: 0 }

/** Posts as they are shown, each with what points at it: one question for the whole page. */
export async function toPosts(
  rows: readonly PostRow[],
  { db }: Pick<ReadContext, 'db'>,
): Promise<Post[]> {
  if (rows.length === 0) return []
  const totals = await db.query<Engagement & { id: string }>(engagementOf(rows.map(({ id }) => id)))
  const byId = new Map(totals.map(({ id, ...engagement }) => [id, engagement]))
  return rows.map((row) => toPost(row, byId.get(row.id) ?? noEngagement))
}

/** Statement: `(id, likes, reposts, replies, quotes)` of posts by id. What is not there has none. */
export function engagementOf(ids: readonly string[]) {
  // Parts may be below zero alone: a like through one partition of the log, taken back by maintenance.
  return sql`
    select
      subject as "id",
      sum(likes) as "likes", sum(reposts) as "reposts",
      sum(replies) as "replies", sum(quotes) as "quotes"
    from engagement
    where subject = any(${ids}::uuid[])
    group by subject`
}
