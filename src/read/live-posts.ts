import type { LivePosts } from '../contract/live.ts'
import type { Post } from '../contract/posts.ts'
import { raw, sql } from '../db/sql.ts'
import { formatId, userId, uuidFloor } from '../event/ids.ts'
import { foldLanguages } from '../event/language.ts'
import type { TimeUs } from '../event/time.ts'
import { toPosts } from './engagement-totals.ts'
import { type Selection, selected } from './filters.ts'
import { newestPosts, type PostWindow } from './newest-posts.ts'
import type { PostRow } from './post-row.ts'
import type { ReadContext } from './question.ts'
import { shown } from './shown.ts'

/** A stretch of network time, (afterUs, throughUs]: what was stored between two looks at the position. */
export interface Stored {
  readonly afterUs: TimeUs
  readonly throughUs: TimeUs
}

/** Posts whose record key is older than this when they arrive are imports, not news. */
const lateMs = 120_000
const earlyMs = 300_000
/** A client that was away longer gets the newest of the last hour. */
const awayMs = 3_600_000
const maxCounted = 10_000
/** Live traffic has about 1,500 posts in it. */
const stepMs = 30_000
const readAtOnce = 1_000

/**
 * The newest posts among those stored in a stretch, with how many there are. Network time and not the record key tells
 * what is new: keys come from clients' clocks, and one that is fast would hide the others.
 */
export async function readStored(
  { afterUs, throughUs }: Stored,
  limit: number,
  selection: Selection | null,
  { db }: Pick<ReadContext, 'db'>,
): Promise<{ posts: readonly Post[]; seen: number }> {
  const from = uuidFloor(Math.max(afterUs / 1000, throughUs / 1000 - awayMs) - lateMs)
  const below = uuidFloor(throughUs / 1000 + earlyMs)
  const within = sql`p.time_us > ${afterUs} and p.time_us <= ${throughUs}`
  const rows = await db.query<PostRow>(newestPosts({ from, below, selection }, limit, within))
  const posts = await toPosts(rows, { db })
  if (rows.length < limit) return { posts, seen: rows.length }
  const [counted] = await db.query<{ n: number }>(sql`
    select count(*) as "n"
    from (
      select
      from bluesky_post p
      where p.id >= ${from}::uuid and p.id < ${below}::uuid
        and ${shown}
        and ${within}
        and ${selection ? selected(selection) : raw('true')}
      limit ${maxCounted}
    ) as stored`)
  return { posts, seen: counted?.n ?? rows.length }
}

/**
 * All posts stored in a stretch, in steps of network time, the oldest first. Posts by the same rule as `readStored`: a step
 * has those that the live stream would have shown then.
 */
export async function* readAllStored(
  { afterUs, throughUs }: Stored,
  selection: Selection | null,
  { db }: Pick<ReadContext, 'db'>,
): AsyncGenerator<readonly Post[]> {
  for (let startUs = afterUs; startUs < throughUs; startUs += stepMs * 1_000) {
    const endUs = Math.min(throughUs, startUs + stepMs * 1_000)
    const from = uuidFloor(startUs / 1_000 - lateMs)
    const within = sql`p.time_us > ${startUs} and p.time_us <= ${endUs}`
    const found: PostRow[] = []
    for (let below: string | null = uuidFloor(endUs / 1_000 + earlyMs); below !== null; ) {
      const window: PostWindow = { from, below, selection }
      const rows: readonly PostRow[] = await db.query<PostRow>(
        newestPosts(window, readAtOnce, within),
      )
      found.push(...rows)
      below = rows.length < readAtOnce ? null : (rows.at(-1)?.id ?? null)
    }
    found.sort((a, b) => a.timeUs - b.timeUs)
    if (found.length > 0) yield await toPosts(found, { db })
  }
}

/** The part of a message that a client gets: at most so many of the posts that its filters select. */
export function pickPosts(
  stored: { readonly posts: readonly Post[]; readonly seen: number },
  most: number,
  selection: Selection | null,
): LivePosts | null {
  const matching = selection
    ? stored.posts.filter((post) => matches(post, selection))
    : stored.posts
  if (matching.length === 0) return null
  const posts = matching.slice(0, most)
  return { posts, seen: selection ? matching.length : stored.seen, shown: posts.length }
}

function matches(post: Post, { content, author }: Selection): boolean {
  if (author !== null && formatId(userId(post.author.did)) !== author) return false
  return content.every(({ dimension, key }) => {
    switch (dimension) {
      case 'language':
        return foldLanguages(post.langs).includes(key)
      case 'tag':
        return post.tags.includes(key)
      case 'domain':
        return post.domains.includes(key)
      default:
        return dimension satisfies never
    }
  })
}
