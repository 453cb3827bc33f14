import { post as postCollection } from '../collections/post.ts'
import { engagement } from '../contract/engagement.ts'
import type { Engagement, Post } from '../contract/posts.ts'
import { sql } from '../db/sql.ts'
import { formatId, readAtUri, recordId, uuidMs } from '../event/ids.ts'
import { cleanText } from '../event/text.ts'
import { provenance, readListening } from './coverage.ts'
import { toPosts } from './engagement-totals.ts'
import { refuse } from './period.ts'
import { type PostRow, postColumns } from './post-row.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { shown } from './shown.ts'
import { grainMs } from './slices.ts'

interface Hour extends Engagement {
  /** Hours since 1970; 0 is no time but what was gathered. */
  readonly hour: number
}

/** What there is of a post at one moment, so that its hours and the rest add up. */
interface Received {
  readonly totals: Engagement
  /** Those that have any, the first ones. */
  readonly hours: readonly Hour[]
}

const mostHours = 2_000

export const engagementQuestion = defineQuestion(engagement, async (query, context) => {
  const uri = cleanText(query.uri)
  const id = readPostId(uri)
  const bornMs = uuidMs(id)
  const [post, { totals, hours }] = await Promise.all([
    findPost(id, context),
    readReceived(id, context),
  ])
  const fromMs = bornMs > 0 ? Math.floor(bornMs / grainMs.hour) * grainMs.hour : context.nowMs
  const firstMs = Math.min(fromMs, (hours[0]?.hour ?? Number.POSITIVE_INFINITY) * grainMs.hour)
  const range = { fromMs: firstMs, toMs: Math.max(context.nowMs, firstMs) }
  const column = (name: keyof Engagement) => hours.map((hour) => hour[name])
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
    rest: perName((name) => totals[name] - sum(column(name))),
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

async function readReceived(id: string, { db }: ReadContext): Promise<Received> {
  const all = await db.query<Hour>(sql`
    select
      hour,
      sum(likes) as "likes", sum(reposts) as "reposts",
      sum(replies) as "replies", sum(quotes) as "quotes"
    from engagement
    where subject = ${id}::uuid
    group by hour
    having sum(likes) <> 0 or sum(reposts) <> 0 or sum(replies) <> 0 or sum(quotes) <> 0
    order by hour`)
  return {
    totals: perName((name) => sum(all.map((hour) => hour[name]))),
    hours: all.filter(({ hour }) => hour > 0).slice(0, mostHours),
  }
}

function perName(tell: (name: keyof Engagement) => number): Engagement {
  return {
    likes: tell('likes'),
    reposts: tell('reposts'),
    replies: tell('replies'),
    quotes: tell('quotes'),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
