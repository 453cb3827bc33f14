import type {
  AccountChanged,
  CommitEvent,
  Did,
  IdentityChanged,
  NetworkEvent,
  Nsid,
  RepoSynced,
  Rev,
  Rkey,
} from './event.ts'
import { cleanText } from './text.ts'
import { isTid } from './tid.ts'
import { firstNetworkUs, readTimeUs, type TimeUs } from './time.ts'

export const rejectReasons = [
  'not-json',
  'not-an-object',
  'unknown-kind',
  'unknown-operation',
  'bad-did',
  'bad-time',
  'bad-collection',
  'bad-rkey',
  'bad-rev',
  'bad-record',
  'bad-body',
] as const
export type RejectReason = (typeof rejectReasons)[number]

/** A message that is no event of ours, and why not. It is set aside, never dropped. */
export interface Rejected {
  readonly kind: 'rejected'
  readonly reason: RejectReason
  /** The account it names, where that could be read. */
  readonly did: string | null
  readonly timeUs: TimeUs | null
}

const v2Prefix = 'network.bsky.jetstream.subscribeEvents#'
const maxDid = 2_048
const maxCollection = 317
const maxRkey = 512
/** A network clock further ahead of ours is a broken server or a hostile frame; it would spoil `asOf` for good. */
const maxAheadUs = 86_400_000_000

/**
 * One message of either wire as an event, or why it is none. Checked by hand: a schema library costs a quarter of the
 * whole parse here (docs/benchmarks.md). Never throws.
 *
 * @param receivedUs own clock at arrival, µs since 1970: bounds the network clock
 * @see https://github.com/bluesky-social/jetstream#consuming-jetstream (v1), lexicon network.bsky.jetstream.subscribeEvents (v2)
 */
export function decodeFrame(bytes: Buffer, receivedUs: TimeUs): NetworkEvent | Rejected {
  let message: unknown
  try {
    message = JSON.parse(bytes.toString())
  } catch {
    return reject('not-json') // the caller keeps the bytes
  }
  if (!isObject(message)) return reject('not-an-object')
  return message.$type === 'message'
    ? decodeV2(message.payload, receivedUs)
    : decodeV1(message, receivedUs)
}

type Json = Readonly<Record<string, unknown>>

function decodeV1(message: Json, receivedUs: TimeUs): NetworkEvent | Rejected {
  const { did, time_us: timeUs } = message
  const envelope = checkEnvelope(did, timeUs, receivedUs)
  if (envelope) return envelope
  return decodeBody(message.kind, bodyOf(message, message.kind), did as Did, timeUs as TimeUs)
}

function decodeV2(payload: unknown, receivedUs: TimeUs): NetworkEvent | Rejected {
  if (!isObject(payload)) return reject('not-an-object')
  const { did, time, $type: type } = payload
  const timeUs = typeof time === 'string' ? readTimeUs(time) : null
  const envelope = checkEnvelope(did, timeUs, receivedUs)
  if (envelope) return envelope
  const kind =
    typeof type === 'string' && type.startsWith(v2Prefix) ? type.slice(v2Prefix.length) : type
  const body = kind === 'commit' ? payload : bodyOf(payload, kind)
  return decodeBody(kind, body, did as Did, timeUs as TimeUs)
}

/** The kind may be anything, even an object that cannot be made a text. */
function bodyOf(message: Json, kind: unknown): unknown {
  return typeof kind === 'string' ? message[kind] : undefined
}

function checkEnvelope(did: unknown, timeUs: unknown, receivedUs: TimeUs): Rejected | null {
  const time = typeof timeUs === 'number' && Number.isSafeInteger(timeUs) ? timeUs : null
  if (typeof did !== 'string' || !did.startsWith('did:') || did.length > maxDid || !isClean(did)) {
    return reject('bad-did', null, time)
  }
  if (time === null || time < firstNetworkUs || time > receivedUs + maxAheadUs)
    return reject('bad-time', did)
  return null
}

function decodeBody(
  kind: unknown,
  body: unknown,
  did: Did,
  timeUs: TimeUs,
): NetworkEvent | Rejected {
  switch (kind) {
    case 'commit':
      return isObject(body) ? decodeCommit(body, did, timeUs) : reject('bad-body', did, timeUs)
    case 'identity':
      return isObject(body) ? decodeIdentity(body, did, timeUs) : reject('bad-body', did, timeUs)
    case 'account':
      return isObject(body) ? decodeAccount(body, did, timeUs) : reject('bad-body', did, timeUs)
    case 'sync':
      return isObject(body) ? decodeSync(body, did, timeUs) : reject('bad-body', did, timeUs)
    default:
      return reject('unknown-kind', did, timeUs)
  }
}

function decodeCommit(body: Json, did: Did, timeUs: TimeUs): CommitEvent | Rejected {
  const { operation, collection, rkey, rev, record, cid } = body
  if (!isKey(collection, maxCollection)) return reject('bad-collection', did, timeUs)
  if (!isKey(rkey, maxRkey)) return reject('bad-rkey', did, timeUs)
  if (typeof rev !== 'string' || !isTid(rev)) return reject('bad-rev', did, timeUs)
  if (operation !== 'create' && operation !== 'update' && operation !== 'delete') {
    return reject('unknown-operation', did, timeUs)
  }
  if (operation !== 'delete' && !isObject(record)) return reject('bad-record', did, timeUs)
  // One literal: this runs for every event, and spreading a common part costs as much as all the checks.
  return {
    kind: 'commit',
    did,
    timeUs,
    collection: collection as Nsid,
    rkey: rkey as Rkey,
    rev: rev as Rev,
    operation,
    cid: operation === 'delete' ? null : readText(cid, 256),
    record: operation === 'delete' ? null : record,
  } as CommitEvent
}

function decodeIdentity(body: Json, did: Did, timeUs: TimeUs): IdentityChanged | Rejected {
  const { seq, time, handle } = body
  if (!isSeq(seq)) return reject('bad-body', did, timeUs)
  return {
    kind: 'identity',
    did,
    timeUs,
    seq,
    relayTimeUs: readRelayTime(time, timeUs),
    handle: readText(handle, 253),
  }
}

function decodeAccount(body: Json, did: Did, timeUs: TimeUs): AccountChanged | Rejected {
  const { seq, time, active, status } = body
  if (!isSeq(seq) || typeof active !== 'boolean') return reject('bad-body', did, timeUs)
  return {
    kind: 'account',
    did,
    timeUs,
    seq,
    relayTimeUs: readRelayTime(time, timeUs),
    active,
    status: readText(status, 64),
  }
}

/** The inner time and seq of a sync may be empty: only `did` and `rev` are relied on. */
function decodeSync(body: Json, did: Did, timeUs: TimeUs): RepoSynced | Rejected {
  const { rev } = body
  if (typeof rev !== 'string' || !isTid(rev)) return reject('bad-rev', did, timeUs)
  return { kind: 'sync', did, timeUs, rev: rev as Rev }
}

function readText(value: unknown, max: number): string | null {
  return typeof value === 'string' && value !== '' && value.length <= max ? cleanText(value) : null
}

function readRelayTime(time: unknown, otherwise: TimeUs): TimeUs {
  return (typeof time === 'string' ? readTimeUs(time) : null) ?? otherwise
}

function reject(
  reason: RejectReason,
  did: string | null = null,
  timeUs: TimeUs | null = null,
): Rejected {
  return { kind: 'rejected', reason, did, timeUs }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isKey(value: unknown, max: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= max && isClean(value)
}

/** Ids are made of the UTF-8 bytes: two keys that differ in lone surrogates only would be one. */
function isClean(key: string): boolean {
  return !key.includes('\0') && key.isWellFormed()
}

function isSeq(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
