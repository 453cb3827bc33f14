import type { Countable } from '../dimensions/dimension.ts'
import type { Operation } from '../event/event.ts'
import { parseId, subjectId } from '../event/ids.ts'
import { foldLanguages } from '../event/language.ts'

/** The columns of a stored row that numbers are made from, as `storedColumns` selects them. */
export interface StoredColumns {
  readonly userId: string
  readonly collection: string
  readonly operation: Operation
  readonly timeUs: number
  readonly hidden: boolean
  /** Of records. */
  readonly subject?: string | null
  /** What follows is of posts. */
  readonly langs?: readonly string[] | null
  readonly tags?: readonly string[] | null
  readonly domains?: readonly string[] | null
  readonly words?: readonly string[] | null
  readonly parentUri?: string | null
  readonly quote?: string | null
}

/** The list of columns that `readStored` needs, of rows known under an alias. */
export function storedColumns(table: 'bluesky_post' | 'bluesky_record', alias: string): string {
  const common = `
      ${alias}.user_id as "userId",
      ${alias}.collection as "collection",
      ${alias}.operation as "operation",
      ${alias}.time_us as "timeUs",
      ${alias}.hidden as "hidden"`
  if (table === 'bluesky_record') return `${common}, ${alias}.subject as "subject"`
  return `${common},
      ${alias}.langs as "langs",
      ${alias}.tags as "tags",
      ${alias}.domains as "domains",
      tsvector_to_array(${alias}.search) as "words",
      ${alias}.parent_uri as "parentUri",
      ${alias}.additional_data ->> 'quote' as "quote"`
}

/** A stored row as numbers see it: the same as when it was written. */
export function readStored(row: StoredColumns): Countable {
  const { collection, operation, timeUs, hidden, subject = null } = row
  return {
    userId: parseId(row.userId),
    collection,
    operation,
    timeUs,
    hidden,
    subject: subject === null ? null : parseId(subject),
    post: row.words === undefined || operation === 'delete' ? null : readContent(row),
  }
}

function readContent(row: StoredColumns): Countable['post'] {
  return {
    languages: foldLanguages(row.langs ?? []),
    tags: row.tags ?? [],
    domains: row.domains ?? [],
    words: row.words ?? [],
    replyTo: row.parentUri == null ? null : subjectId(row.parentUri),
    quoted: row.quote == null ? null : subjectId(row.quote),
  }
}
