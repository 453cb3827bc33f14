import { post as postCollection } from '../collections/post.ts'
import { engagement } from '../contract/engagement.ts'
import type { Engagement, Post } from '../contract/posts.ts'
import { sql } from '../db/sql.ts'
import { formatId, readAtUri, recordId, uuidMs } from '../event/ids.ts'
import { cleanText } from '../event/text.ts'
import { provenance, readListening } from './coverage.ts'
import { engagementOf, noEngagement, toPosts } from './engagement-totals.ts'
import { refuse } from './period.ts'
import { type PostRow, postColumns } from './post-row.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { shown } from './shown.ts'
import { grainMs } from './slices.ts'

interface Hour extends Engagement {
  readonly hour: number
}

const mostHours = 2_000

export const engagementQuestion = defineQuestion(engagement, async (query, context) => {
  const uri = cleanText(query.uri)
  const id = readPostId(uri)
  const bornMs = uuidMs(id)
  const [post, totals, hours] = await Promise.all([
    findPost(id, context),
    readTotals(id, context),
    readHours(id, context),
  ])
  const fromMs = bornMs > 0 ? Math.floor(bornMs / grainMs.hour) * grainMs.hour : context.nowMs
  const firstMs = Math.min(fromMs, (hours[0]?.hour ?? Number.POSITIVE_INFINITY) * grainMs.hour)
  const range = { fromMs: firstMs, toMs: Math.max(context.nowMs, firstMs) }
  const column = (name: keyof Engagement) => hours.map((hour) => hour[name])
  const rest = (name: keyof Engagement) =>
    totals[name] - column(name).reduce((sum, n) => sum + n, 0)
  return {
    ...provenance(await readListening(range, context), range, 'counts'),
    uri,
    post,
    bornAt: bornMs > 0 ? new Date(bornMs).toISOString() : null,
    totals,
    starts: hours.map(({ hour }) => hour * (grainMs.hour / 1000)),
    likes: column('likes'),
    reposts: column('reposts'),
    replies: column('replies'),
    quotes: column('quotes'),
    rest: {
      likes: rest('likes'),
      reposts: rest('reposts'),
      replies: rest('replies'),
      quotes: rest('quotes'),
    },
  }
})

function readPostId(uri: string): string {
  const parts = readAtUri(uri)
  if (parts?.collection === postCollection.nsid) {
    return formatId(recordId(parts.did, parts.collection, parts.rkey))
  }
  throw refuse(
    'uri',
    `names no post by DID; right would be, for example, at://did:plc:…/${postCollection.nsid}/3kabc…`,
  )
}

async function findPost(id: string, context: ReadContext): Promise<Post | null> {
  const rows = await context.db.query<PostRow>(sql`
    select ${postColumns}
    from bluesky_post p
    join bluesky_user u on u.id = p.user_id and not u.hidden
    where p.id = ${id}::uuid and ${shown}`)
  const [post] = await toPosts(rows, context)
  return post ?? null
}

async function readTotals(id: string, { db }: ReadContext): Promise<Engagement> {
  const [row] = await db.query<Engagement>(engagementOf([id]))
  if (!row) return noEngagement
  const { likes, reposts, replies, quotes } = row
  return { likes, reposts, replies, quotes }
}

/** Hours that have any, the first ones; hour 0 is no time but what was gathered. */
function readHours(id: string, { db }: ReadContext): Promise<Hour[]> {
  return db.query<Hour>(sql`
    select
      hour,
      sum(likes) as "likes", sum(reposts) as "reposts",
      sum(replies) as "replies", sum(quotes) as "quotes"
    from engagement
    where subject = ${id}::uuid and hour > 0
    group by hour
    having sum(likes) <> 0 or sum(reposts) <> 0 or sum(replies) <> 0 or sum(quotes) <> 0
    order by hour
    limit ${mostHours}`)
}
