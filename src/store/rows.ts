import { findCollection } from '../collections/registry.ts'
import type { Countable, PostContent } from '../dimensions/dimension.ts'
import type {
  AccountChanged,
  CommitEvent,
  Did,
  IdentityChanged,
  Operation,
  RepoSynced,
} from '../event/event.ts'
import { type Id, recordId, subjectId, timedId } from '../event/ids.ts'
import { type PostFacts, readPostFacts } from '../event/post-facts.ts'
import { postWords } from '../event/post-words.ts'
import { cleanText } from '../event/text.ts'
import { readRkeyMs, readTidHalves } from '../event/tid.ts'

/** A row of bluesky_post: the last operation on a post. */
export interface PostRow extends Countable {
  readonly id: Id
  readonly did: Did
  readonly rev: string
  readonly rkey: string
  readonly cid: string | null
  readonly recordType: string | null
  /** Null for a deleted post: its content is gone. */
  readonly facts: PostFacts | null
}

/** A row of bluesky_record: the last operation on any other record, or an identity, account or sync event. */
export interface RecordRow extends Countable {
  readonly id: Id
  /** The 64-bit revision as two halves of 32 bits. */
  readonly revHigh: number
  readonly revLow: number
}

export function postRow(event: CommitEvent, userId: Id): PostRow {
  const written = event.operation === 'delete' ? null : event
  const facts = written && readPostFacts(written.record, event.timeUs)
  const recordType = written?.record.$type
  return {
    id: recordId(event.did, event.collection, event.rkey),
    userId,
    did: event.did,
    collection: event.collection,
    operation: event.operation,
    timeUs: event.timeUs,
    hidden: false,
    rev: event.rev,
    rkey: event.rkey,
    cid: written?.cid ?? null,
    recordType: typeof recordType === 'string' ? cleanText(recordType.slice(0, 317)) : null,
    facts,
    subject: null,
    post: facts && contentOf(facts),
  }
}

function contentOf(facts: PostFacts): PostContent {
  return {
    languages: facts.languages,
    tags: facts.tags,
    domains: facts.domains,
    words: postWords(facts),
    replyTo: facts.parent && subjectId(facts.parent.uri),
    quoted: facts.quote === null ? null : subjectId(facts.quote),
  }
}

export function recordRow(event: CommitEvent, userId: Id): RecordRow {
  const { high, low } = readTidHalves(event.rev)
  const subject =
    event.operation === 'delete' ? null : findCollection(event.collection)?.subject(event.record)
  return {
    id: recordId(event.did, event.collection, event.rkey),
    userId,
    subject: subject ?? null,
    timeUs: event.timeUs,
    revHigh: high,
    revLow: low,
    operation: event.operation,
    collection: event.collection,
    hidden: false,
    post: null,
  }
}

/**
 * The later of two operations on a record. Of a follow or block that ended it keeps whom it was about, whichever of the two
 * comes first: an account's losses are counted by it.
 */
export function laterOf(a: RecordRow, b: RecordRow): RecordRow {
  const [older, later] = isOlder(a, b) ? [a, b] : [b, a]
  const ended = later.operation === 'delete' && later.subject === null && older.subject !== null
  return ended && keepsSubject(later.collection) ? { ...later, subject: older.subject } : later
}

/** Whether the tombstones of a collection keep what they pointed at. */
function keepsSubject(collection: string): boolean {
  return findCollection(collection)?.tie !== undefined
}

function isOlder(a: RecordRow, b: RecordRow): boolean {
  return a.revHigh < b.revHigh || (a.revHigh === b.revHigh && a.revLow < b.revLow)
}

/**
 * An event that is about an account and not a record, as a row of a pseudo-collection: it has a natural key too (the
 * relay's seq, or the revision), and so is stored and counted once however often it comes.
 */
export function noticeRow(
  event: IdentityChanged | AccountChanged | RepoSynced,
  userId: Id,
): RecordRow {
  const collection = `$${event.kind}`
  const { key, ms, high, low } =
    event.kind === 'sync'
      ? { key: event.rev, ms: readRkeyMs(event.rev), ...readTidHalves(event.rev) }
      : {
          key: event.seq,
          ms: saneMs(event.relayTimeUs),
          high: Math.floor(event.seq / 0x100000000),
          low: event.seq % 0x100000000,
        }
  return {
    id: timedId(ms, `${event.did}/${collection}/${key}`),
    userId,
    subject: null,
    timeUs: event.timeUs,
    revHigh: high,
    revLow: low,
    operation: 'update' satisfies Operation,
    collection,
    hidden: false,
    post: null,
  }
}

/** Ids hold 48 bits of milliseconds; a relay time outside of that is no time. */
function saneMs(timeUs: number): number {
  return timeUs > 0 ? Math.floor(timeUs / 1000) : 0
}
