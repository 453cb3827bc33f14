import { listPosts } from '../contract/posts.ts'
import { raw, type Sql, sql } from '../db/sql.ts'
import { uuidFloor } from '../event/ids.ts'
import { readSelection, type Selection, selected } from './filters.ts'
import { readCursor, toPage } from './page.ts'
import { refuse } from './period.ts'
import { type PostRow, postColumns, toPost } from './post-row.ts'
import { defineQuestion } from './question.ts'
import { hasSynthetic } from './sources.ts'

/** Clocks of clients differ: keys up to here in the future are shown, later ones would stay on top for long. */
const futureMs = 300_000

export const postsQuestion = defineQuestion(listPosts, async (query, context) => {
  const { limit, cursor } = query
  const fromMs = query.from === undefined ? null : readTime('from', query.from)
  const toMs = query.to === undefined ? Number.POSITIVE_INFINITY : readTime('to', query.to)
  if (fromMs !== null && fromMs >= toMs) throw refuse('from', 'must be before to')
  const page = {
    from: fromMs === null ? null : uuidFloor(fromMs),
    below: uuidFloor(Math.min(toMs, context.nowMs + futureMs)),
    after: cursor === undefined ? null : readCursor(cursor),
    selection: await readSelection(query, context),
  }
  const [found, synthetic] = await Promise.all([
    context.db.query<PostRow>(newestPosts(page, limit + 1)),
    hasSynthetic(context),
  ])
  const { rows, next } = toPage(found, limit)
  return { posts: rows.map(toPost), next, synthetic }
})

/** Where a list of posts begins and ends, in ids. */
export interface PostPage {
  /** Least id, inclusive; null for no bound. */
  readonly from: string | null
  /** Greatest id, exclusive. */
  readonly below: string
  /** Id of the last post of the page before. */
  readonly after: string | null
  readonly selection: Selection | null
}

/** Statement: visible posts of a page, the newest first. */
export function newestPosts(page: PostPage, limit: number, also: Sql = raw('true')): Sql {
  const { from, below, after, selection } = page
  return sql`
    select ${postColumns}
    from bluesky_post p
    join bluesky_user u on u.id = p.user_id and u.active
    where p.id < ${after !== null && after < below ? after : below}::uuid
      and ${from === null ? raw('true') : sql`p.id >= ${from}::uuid`}
      and p.operation <> 'delete'
      and ${selection ? selected(selection) : raw('true')}
      and ${also}
    order by p.id desc
    limit ${limit}`
}

function readTime(parameter: string, text: string): number {
  const ms = Date.parse(text)
  if (Number.isFinite(ms)) return ms
  throw refuse(parameter, `${text} is no date that exists`)
}
