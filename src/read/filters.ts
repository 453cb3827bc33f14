import { getDomain } from 'tldts'
import type { DimensionName, Filters } from '../contract/common.ts'
import { raw, type Sql, sql } from '../db/sql.ts'
import { formatId, userId } from '../event/ids.ts'
import { foldLanguage, undetermined } from '../event/language.ts'
import { foldTag } from '../event/post-facts.ts'
import { cleanText } from '../event/text.ts'
import { refuse } from './period.ts'
import type { ReadContext } from './question.ts'
import { allOf } from './tsquery.ts'

type Content = 'language' | 'tag' | 'domain'

/** Filters as the rows know them. */
export interface Selection {
  /** Folded values of the filters on a post's content. */
  readonly content: readonly { readonly dimension: Content; readonly key: string }[]
  /** UUID of the author asked for; `nobody` where the author is not known here. */
  readonly author: string | 'nobody' | null
}

/** Same bound as when posts are stored: longer lexemes are not indexed. */
const maxKeyBytes = 640

/** What some filters select, or null where there are none. Throws `AppError` `REQUEST_INVALID`. */
export async function readSelection(
  filters: Filters,
  context: ReadContext,
): Promise<Selection | null> {
  const content = readContent(filters)
  if (filters.author !== undefined) {
    return { content, author: await findAuthor(filters.author, context) }
  }
  return content.length > 0 ? { content, author: null } : null
}

/** The one counted key that says the same as the selection, or null where counts cannot answer. */
export function countedKey(
  selection: Selection,
): { readonly dimension: DimensionName; readonly key: string } | null {
  const [only, ...others] = selection.content
  return only && others.length === 0 && selection.author === null ? only : null
}

/** Condition on `bluesky_post p`. */
export function selected(selection: Selection): Sql {
  const { content, author } = selection
  if (author === 'nobody' || content.some(({ key }) => Buffer.byteLength(key) > maxKeyBytes)) {
    return raw('false')
  }
  const ofAuthor = author === null ? raw('') : sql`and p.user_id = ${author}::uuid`
  if (content.length === 0) return sql`true ${ofAuthor}`
  return sql`p.search @@ ${allOf(content.map(lexemeOf))}::tsquery ${ofAuthor}`
}

/** Filters on content, folded as posts are folded. */
export function readContent(filters: Omit<Filters, 'author'>): Selection['content'] {
  const content: { dimension: Content; key: string }[] = []
  const add = (dimension: Content, key: string) => content.push({ dimension, key })
  if (filters.lang !== undefined) add('language', readLanguage(filters.lang))
  if (filters.tag !== undefined) add('tag', readTag(filters.tag))
  if (filters.domain !== undefined) add('domain', readDomain(filters.domain))
  return content
}

function lexemeOf({ dimension, key }: Selection['content'][number]): string {
  return dimension === 'language' ? `lang:${key}` : `${dimension}:${key}`
}

function readLanguage(lang: string): string {
  const language = lang.toLowerCase() === undetermined ? undetermined : foldLanguage(lang)
  if (language !== null) return language
  throw refuse('lang', 'is no language tag; right would be, for example, pt, or und for none')
}

function readTag(text: string): string {
  const tag = foldTag(text)
  if (tag !== '') return tag
  throw refuse('tag', 'is empty; right would be a hashtag without #')
}

function readDomain(text: string): string {
  const domain = getDomain(text, { validateHostname: true })
  if (domain !== null) return domain.toLowerCase()
  throw refuse('domain', 'is no domain name; right would be, for example, example.com')
}

async function findAuthor(text: string, { db }: ReadContext): Promise<string> {
  const author = cleanText(text)
  if (author.startsWith('did:')) return formatId(userId(author))
  // Handles are claims: several accounts may have claimed one. The one seen last has it most likely.
  const [user] = await db.query<{ id: string }>(sql`
    select id
    from bluesky_user
    where lower(handle) = lower(${author.replace(/^@/, '')}) and not hidden
    order by active desc, last_seen_at desc nulls last
    limit 1`)
  return user?.id ?? 'nobody'
}
