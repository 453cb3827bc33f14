import { findCollection } from '../collections/registry.ts'
import type { Countable } from '../dimensions/dimension.ts'
import type {
  AccountChanged,
  CommitEvent,
  Did,
  IdentityChanged,
  Operation,
  RepoSynced,
} from '../event/event.ts'
import { type Id, recordId, timedId } from '../event/ids.ts'
import { type PostFacts, readPostFacts } from '../event/post-facts.ts'
import { cleanText } from '../event/text.ts'
import { readRkeyMs, readTidHalves } from '../event/tid.ts'

/** A row of bluesky_post: the last operation on a post. */
export interface PostRow extends Countable {
  readonly id: Id
  readonly userId: Id
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
  readonly userId: Id
  readonly subject: Id | null
  /** The 64-bit revision as two halves of 32 bits. */
  readonly revHigh: number
  readonly revLow: number
}

const none: readonly string[] = []

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
    rev: event.rev,
    rkey: event.rkey,
    cid: written?.cid ?? null,
    recordType: typeof recordType === 'string' ? cleanText(recordType.slice(0, 317)) : null,
    facts,
    languages: facts?.languages ?? none,
    tags: facts?.tags ?? none,
    domains: facts?.domains ?? none,
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
    languages: none,
    tags: none,
    domains: none,
  }
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
    languages: none,
    tags: none,
    domains: none,
  }
}

/** Ids hold 48 bits of milliseconds; a relay time outside of that is no time. */
function saneMs(timeUs: number): number {
  return timeUs > 0 ? Math.floor(timeUs / 1000) : 0
}
