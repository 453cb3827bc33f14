/**
 * Event: what the wires say, decoded into one vocabulary. Pure types; every other stage speaks them.
 *
 * Branded identifiers (`Did`, `Nsid`, …) are made only by the functions of this folder, so that holding one means it was checked.
 */
declare const brand: unique symbol
type Branded<T, Name> = T & { readonly [brand]: Name }

/** Decentralised identifier of an account, such as `did:plc:…`; at most 2,048 characters. */
export type Did = Branded<string, 'Did'>
/** Namespaced identifier of a collection, such as `app.bsky.feed.post`. */
export type Nsid = Branded<string, 'Nsid'>
/** Key of a record within a repository's collection. */
export type Rkey = Branded<string, 'Rkey'>
/** Revision of a repository: a TID, compared as text. */
export type Rev = Branded<string, 'Rev'>

export type Operation = 'create' | 'update' | 'delete'

interface EventBase {
  readonly did: Did
  /** Network clock, µs since 1970. */
  readonly timeUs: number
}

export interface RecordWritten extends EventBase {
  readonly kind: 'commit'
  readonly operation: 'create' | 'update'
  readonly collection: Nsid
  readonly rkey: Rkey
  readonly rev: Rev
  readonly cid: string | null
  readonly record: Readonly<Record<string, unknown>>
}

export interface RecordDeleted extends EventBase {
  readonly kind: 'commit'
  readonly operation: 'delete'
  readonly collection: Nsid
  readonly rkey: Rkey
  readonly rev: Rev
  readonly cid: null
  readonly record: null
}

export interface IdentityChanged extends EventBase {
  readonly kind: 'identity'
  /** The relay's sequence number, not a cursor of ours. */
  readonly seq: number
  /** The relay's time, µs since 1970, where it is a date; else the network clock. */
  readonly relayTimeUs: number
  /** A claim; absent on nearly every event. */
  readonly handle: string | null
}

export interface AccountChanged extends EventBase {
  readonly kind: 'account'
  readonly seq: number
  readonly relayTimeUs: number
  readonly active: boolean
  readonly status: string | null
}

export interface RepoSynced extends EventBase {
  readonly kind: 'sync'
  readonly rev: Rev
}

export type CommitEvent = RecordWritten | RecordDeleted
export type NetworkEvent = CommitEvent | IdentityChanged | AccountChanged | RepoSynced
