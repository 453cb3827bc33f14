import { raw, type Sql, sql } from '../db/sql.ts'
import { uuidFloor, uuidMs } from '../event/ids.ts'
import { type Selection, selected } from './filters.ts'
import { type PostRow, postColumns } from './post-row.ts'
import type { ReadContext } from './question.ts'
import { shown } from './shown.ts'

/** Which posts, by id. */
export interface PostWindow {
  /** Least id, inclusive; null for no bound. */
  readonly from: string | null
  /** Greatest id, exclusive. */
  readonly below: string
  readonly selection: Selection | null
  /** Only these. */
  readonly ids?: readonly string[]
}

const dayMs = 86_400_000
/** Ids have no time before this one, other than 0. */
const firstMs = Date.UTC(2022, 10, 1)

/**
 * Visible posts, the newest first. Reads backwards in windows that grow: a day, four, sixteen … Within days that have
 * partitions PostgreSQL reads one after the other and stops when it has enough; over all of them at once it would sort the
 * matches of every partition first, because the partition for odd ids may hold an id of any time.
 */
export async function readNewest(
  wanted: PostWindow,
  limit: number,
  { db }: ReadContext,
): Promise<readonly PostRow[]> {
  // So few need no windows: each is found by its key.
  if (wanted.ids) return db.query<PostRow>(newestPosts(wanted, limit))
  const found: PostRow[] = []
  let { below } = wanted
  for (let days = 1; ; days *= 4) {
    const startMs = (Math.floor(uuidMs(below) / dayMs) - days) * dayMs
    const start = startMs > firstMs ? uuidFloor(startMs) : null
    const last = start === null || (wanted.from !== null && start <= wanted.from)
    const window = { ...wanted, below, from: last ? wanted.from : start }
    found.push(...(await db.query<PostRow>(newestPosts(window, limit - found.length))))
    if (last || found.length >= limit) return found
    below = start
  }
}

/** Statement: visible posts of one window, the newest first. */
export function newestPosts(
  { from, below, selection, ids }: PostWindow,
  limit: number,
  also: Sql = raw('true'),
): Sql {
  return sql`
    select ${postColumns}
    from bluesky_post p
    join bluesky_user u on u.id = p.user_id and not u.hidden
    where p.id < ${below}::uuid
      and ${from === null ? raw('true') : sql`p.id >= ${from}::uuid`}
      and ${ids ? sql`p.id = any(${ids}::uuid[])` : raw('true')}
      and ${shown}
      and ${selection ? selected(selection) : raw('true')}
      and ${also}
    order by p.id desc
    limit ${limit}`
}
