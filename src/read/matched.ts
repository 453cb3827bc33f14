import { post } from '../collections/post.ts'
import type { DimensionName } from '../contract/common.ts'
import { raw, type Sql, sql } from '../db/sql.ts'
import { uuidFloor, uuidMs } from '../event/ids.ts'
import { type Selection, selected } from './filters.ts'
import type { Range } from './period.ts'
import { shown } from './shown.ts'

/** Most posts that an analytic question looks at; about 0.2 s of work. */
export const maxScanned = 50_000

/**
 * Ids hold the record key's time, ranges are of network time. Keys are made by clients: a day late covers posts edited or
 * imported since, an hour early covers wrong clocks. Posts further off are found by counts only.
 */
const lateMs = 86_400_000
const earlyMs = 3_600_000

/**
 * Statement part: live posts of a selection within a range, as `bluesky_post p`, the newest first, one more than may be
 * scanned, so that the caller sees whether there are more.
 */
export function matchedPosts(selection: Selection, range: Range): Sql {
  return postsWhere(selected(selection), range)
}

/** As `matchedPosts`, of a condition on `bluesky_post p`. */
export function postsWhere(condition: Sql, range: Range): Sql {
  return sql`
    select p.id, p.user_id, p.time_us, p.operation, p.tags, p.domains, p.search
    from bluesky_post p
    where p.id >= ${uuidFloor(range.fromMs - lateMs)}::uuid
      and p.id < ${uuidFloor(range.toMs + earlyMs)}::uuid
      and p.time_us >= ${range.fromMs * 1000}
      and p.time_us < ${range.toMs * 1000}
      and ${shown}
      and ${condition}
    order by p.id desc
    limit ${maxScanned + 1}`
}

/** What a statement over matched posts says about how far it looked. */
export interface Scan {
  /** How many posts matched, one more than may be scanned at most. */
  readonly posts: number
  readonly oldestId: string | null
  /** Before this time, ms, posts were dropped; null where none ever were. */
  readonly keptFromMs: number | null
}

export const nothingScanned: Scan = { posts: 0, oldestId: null, keptFromMs: null }

/** Select item that fills `keptFromMs` of a scan: what was dropped cannot match, and its absence says nothing. */
export const keptFrom = raw(`(
  select (extract(epoch from max(end_day)::timestamp at time zone 'UTC') * 1000)::bigint
  from aged_out
  where table_name = 'bluesky_post'
) as "keptFromMs"`)

/** Condition: all posts of a range are still stored. */
export function allKept({ fromMs }: Range): Sql {
  return sql`not exists (
    select
    from aged_out
    where table_name = 'bluesky_post' and end_day::timestamp at time zone 'UTC' > ${new Date(fromMs)}
  )`
}

/**
 * Network time up to which a scan went back, ms: to the oldest post that it saw where it reached its bound, and never behind
 * what is still stored.
 */
export function scannedFrom({ posts, oldestId, keptFromMs }: Scan, range: Range): number {
  const reachedMs = posts <= maxScanned || oldestId === null ? range.fromMs : uuidMs(oldestId)
  return Math.min(Math.max(reachedMs, keptFromMs ?? range.fromMs, range.fromMs), range.toMs)
}

/** Expression over a matched post `m`: its keys in a dimension, as a text array. */
export const keysOf: Readonly<Record<DimensionName, Sql>> = {
  collection: raw(`array['${post.nsid}']`),
  operation: raw(`array['${post.nsid}/' || m.operation]`),
  language: valuesOf('lang:'),
  tag: raw(`coalesce(m.tags, '{}')`),
  domain: raw(`coalesce(m.domains, '{}')`),
  mention: valuesOf('mention:'),
  emoji: valuesOf('emoji:'),
  media: raw(`array[case
    when ${has('has:image')} then 'image'
    when ${has('has:video')} then 'video'
    when ${has('has:card')} then 'card'
    else 'none'
  end]`),
  alt: raw(`case
    when not (${has('has:image')} or ${has('has:video')}) then '{}'
    when ${has('has:alt')} then array['with']
    else array['without']
  end`),
  kind: raw(`case
    when not (${has('is:reply')} or ${has('is:quote')}) then array['original']
    else array_remove(array[
      case when ${has('is:reply')} then 'reply' end,
      case when ${has('is:quote')} then 'quote' end
    ], null)
  end`),
  client: valuesOf('client:'),
  'hour-of-week': raw(
    `array[to_char(to_timestamp(m.time_us / 1000000) at time zone 'UTC', 'ID-HH24')]`,
  ),
}

function has(lexeme: string): string {
  return `m.search @@ '''${lexeme}'''::tsquery`
}

/** The rest of the lexemes that begin with a prefix. */
function valuesOf(prefix: string): Sql {
  return raw(`array(
    select substr(lexeme, ${prefix.length + 1})
    from unnest(tsvector_to_array(m.search)) as lexeme
    where starts_with(lexeme, '${prefix}')
  )`)
}
