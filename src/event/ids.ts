import { hash } from 'node:crypto'
import type { Did, Nsid, Rkey } from './event.ts'
import { readRkeyMs } from './tid.ts'

/**
 * A UUID as a text of 16 characters below U+0100, one for each byte. Works as a map key as it is, and is written to
 * PostgreSQL's binary form by one latin1 copy; making Buffers instead costs 2.5 times as much (hot path).
 */
export type Id = string

/**
 * Id of an account: UUIDv8 of SHA-256(did). A cryptographic hash, because DIDs of `did:web` are chosen by strangers.
 * @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8
 */
export function userId(did: string): Id {
  const bytes = digest(did)
  return bytes.slice(0, 6) + stamp(bytes)
}

/**
 * Id of a record: UUIDv8 of 48 bits of milliseconds from the rkey's TID (0 where it is none), then bits of
 * SHA-256(did, collection, rkey). Known from the AT-URI alone, so a delete or a like names its row without a look-up,
 * and ids sort by the record's time.
 */
export function recordId(did: string, collection: string, rkey: string): Id {
  return timedId(readRkeyMs(rkey), `${did}/${collection}/${rkey}`)
}

/** Id for something that has a time (ms since 1970) and a natural key of its own. */
export function timedId(ms: number, key: string | Buffer): Id {
  const high = Math.floor(ms / 0x1000000)
  const low = ms % 0x1000000
  const time = String.fromCharCode(
    (high >>> 16) & 0xff,
    (high >>> 8) & 0xff,
    high & 0xff,
    (low >>> 16) & 0xff,
    (low >>> 8) & 0xff,
    low & 0xff,
  )
  return time + stamp(digest(key))
}

/**
 * Whether a record's id holds a time, which means that its key is a TID and hardly ever used again. Others, such as `self`,
 * come back with each change of a profile or a status.
 */
export function isTimed(id: Id): boolean {
  return !id.startsWith(untimed)
}

const untimed = '\0'.repeat(6)

/** Id of the record an AT-URI names, or null where it does not name a record by DID. */
export function subjectId(uri: string): Id | null {
  const parts = readAtUri(uri)
  return parts && recordId(parts.did, parts.collection, parts.rkey)
}

/** The least id of a time (ms since 1970), as text: for ranges over ids. */
export function uuidFloor(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`
}

/** Milliseconds since 1970 in an id's text; the other way round of `uuidFloor`. */
export function uuidMs(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)
}

/** The usual text of a UUID, with hyphens. */
export function formatId(id: Id): string {
  const hex = Buffer.from(id, 'latin1').toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The id of a UUID's text, as PostgreSQL returns it. */
export function parseId(uuid: string): Id {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('latin1')
}

/** The parts of `at://did/collection/rkey`; null for handles instead of DIDs, missing parts, and junk. */
export function readAtUri(uri: string): { did: Did; collection: Nsid; rkey: Rkey } | null {
  if (!uri.startsWith('at://did:') || uri.length > 2_900) return null
  const first = uri.indexOf('/', 5)
  const second = uri.indexOf('/', first + 1)
  if (first < 0 || second < 0 || uri.indexOf('/', second + 1) >= 0) return null
  const collection = uri.slice(first + 1, second)
  const rkey = uri.slice(second + 1)
  if (collection === '' || rkey === '') return null
  return { did: uri.slice(5, first) as Did, collection: collection as Nsid, rkey: rkey as Rkey }
}

function digest(key: string | Buffer): string {
  return hash('sha256', key, 'binary') // as 32 characters below U+0100
}

/** Bytes 6 to 15 of a UUID: the digest's, with version 8 and the RFC's variant in their places. */
function stamp(bytes: string): string {
  const version = String.fromCharCode((bytes.charCodeAt(6) & 0x0f) | 0x80)
  const variant = String.fromCharCode((bytes.charCodeAt(8) & 0x3f) | 0x80)
  return version + bytes.charAt(7) + variant + bytes.slice(9, 16)
}
