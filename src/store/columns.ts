import type { CopyEncoder } from '../db/copy-encoder.ts'
import { timedId } from '../event/ids.ts'
import type { PostFacts } from '../event/post-facts.ts'
import { formatTimeUs } from '../event/time.ts'
import type { DeadLetter } from './batch.ts'
import type { PostRow, RecordRow } from './rows.ts'

/** A table's columns in the order in which they are copied, and how a row is written in that order. */
export interface Columns<Row> {
  readonly names: readonly string[]
  readonly write: (encoder: CopyEncoder, row: Row) => void
}

/** The rows in COPY format, or null where there are none. The buffer is the encoder's: it is valid until the next use. */
export function encodeRows<Row>(
  encoder: CopyEncoder,
  columns: Columns<Row>,
  rows: Iterable<Row>,
): Buffer | null {
  encoder.reset()
  for (const row of rows) encodeRow(encoder, columns, row)
  return encoder.finish()
}

export function encodeRow<Row>(encoder: CopyEncoder, columns: Columns<Row>, row: Row): void {
  encoder.row(columns.names.length)
  columns.write(encoder, row)
}

export const recordColumns: Columns<RecordRow> = {
  names: ['id', 'user_id', 'subject', 'time_us', 'rev', 'operation', 'collection', 'hidden'],
  write(to, row) {
    to.uuid(row.id)
    to.uuid(row.userId)
    if (row.subject === null) to.null()
    else to.uuid(row.subject)
    to.int8(row.timeUs)
    to.int8Halves(row.revHigh, row.revLow)
    to.text(row.operation)
    to.text(row.collection)
    to.bool(row.hidden)
  },
}

export const postColumns: Columns<PostRow> = {
  names: [
    'id',
    'user_id',
    'time_us',
    'operation',
    'rev',
    'rkey',
    'collection',
    'uri',
    'cid',
    'record_type',
    'hidden',
    'bsky_created_at',
    'text',
    'langs',
    'tags',
    'domains',
    'parent_cid',
    'parent_uri',
    'root_cid',
    'root_uri',
    'additional_data',
    'search',
  ],
  write(to, row) {
    to.uuid(row.id)
    to.uuid(row.userId)
    to.int8(row.timeUs)
    to.text(row.operation)
    to.text(row.rev)
    to.text(row.rkey)
    to.text(row.collection)
    to.text(`at://${row.did}/${row.collection}/${row.rkey}`)
    to.text(row.cid)
    to.text(row.recordType)
    to.bool(row.hidden)
    if (row.facts && row.post) writeFacts(to, row.facts, row.post.words)
    else for (let i = 0; i < 11; i++) to.null()
  },
}

export const deadLetterColumns: Columns<DeadLetter> = {
  names: ['id', 'did', 'time_us', 'kind', 'raw_data', 'bytes', 'error', 'host', 'wire', 'seq'],
  write(to, { frame, did, timeUs, reason, asBytes }) {
    const text = frame.bytes.toString()
    const plain = !asBytes && isPlainJson(text)
    to.uuid(timedId(Math.floor(frame.position.timeUs / 1000), frame.bytes))
    to.text(did)
    to.int8(timeUs)
    to.text(readKind(plain ? text : ''))
    to.jsonb(plain ? text : null)
    to.bytes(plain ? null : frame.bytes)
    to.text(reason)
    to.text(frame.position.host)
    to.text(frame.position.wire)
    to.int8(frame.position.seq)
  },
}

function writeFacts(to: CopyEncoder, facts: PostFacts, words: readonly string[]): void {
  to.timestamp(facts.createdAtUs)
  to.text(facts.text)
  to.textArray(facts.langs)
  to.textArray(facts.tags)
  to.textArray(facts.domains)
  to.text(facts.parent?.cid ?? null)
  to.text(facts.parent?.uri ?? null)
  to.text(facts.root?.cid ?? null)
  to.text(facts.root?.uri ?? null)
  to.jsonb(additionalData(facts))
  to.tsvector(words)
}

/** What is kept of a post beside its columns, or null where there is nothing. */
function additionalData(facts: PostFacts): string | null {
  const { facets, media, quote, labels, createdAtRaw, createdAtUs } = facts
  const data = {
    ...(facets.length > 0 && {
      facets: facets.map((f) => ({ s: f.byteStart, e: f.byteEnd, k: f.kind, v: f.value })),
    }),
    ...(media && {
      media: { kind: media.kind, count: media.count, alt: media.alt, ...media.external },
    }),
    ...(quote !== null && { quote }),
    ...(labels.length > 0 && { labels }),
    // Kept only where the column does not say the same already.
    ...(createdAtRaw !== null &&
      !isExact(createdAtRaw, createdAtUs) && { createdAt: createdAtRaw }),
  }
  const json = JSON.stringify(data)
  return json === '{}' ? null : json
}

function isExact(raw: string, us: number | null): boolean {
  return us !== null && us % 1000 === 0 && formatTimeUs(us) === raw
}

const maxJson = 64 * 1024
const maxDepth = 64

/** Whether jsonb can surely hold a message: short, parseable, shallow, without escapes or numbers that jsonb refuses. */
function isPlainJson(text: string): boolean {
  if (text.length > maxJson || text.includes('\\u') || text.includes('\0')) return false
  if (/\d[eE][+-]?\d{3,}/.test(text)) return false // beyond what numeric takes
  let depth = 0
  for (const char of text) {
    if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
    if (depth > maxDepth) return false
  }
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function readKind(json: string): string | null {
  if (json === '') return null
  const { kind, payload } = Object(JSON.parse(json))
  const name: unknown = kind ?? Object(payload).$type
  return typeof name === 'string' ? name.slice(0, 200) : null
}
