import { post } from '../collections/post.ts'
import { decodeFrame, type Rejected } from '../event/decode.ts'
import type { AccountChanged, CommitEvent, Did, IdentityChanged } from '../event/event.ts'
import type { Frame, Gap } from '../event/frame.ts'
import type { Id } from '../event/ids.ts'
import { addCoverage, type CoveredMinute } from './coverage.ts'
import { type Cut, laterCut, readCut } from './cut.ts'
import { kindOf } from './kinds.ts'
import type { KnownUser, KnownUsers } from './known-users.ts'
import { laterOf, noticeRow, type PostRow, postRow, type RecordRow, recordRow } from './rows.ts'

/** What a batch changes about one account. */
export interface UserChange {
  readonly id: Id
  readonly did: Did
  readonly known: KnownUser
  /** When it was active, each minute once, mostly one; none where it was only spoken about. */
  readonly activity: ActiveMinute[]
  handle: { readonly value: string; readonly seq: number } | null
  standing: {
    readonly active: boolean
    readonly status: string | null
    readonly seq: number
  } | null
  /** The notice with the greatest relay seq. */
  notice: { readonly seq: number; readonly timeUs: number } | null
  /** Below this revision its records are gone. */
  cut: Cut | null
}

export interface ActiveMinute {
  /** Minutes since 1970. */
  readonly minute: number
  /** What it did, as bits; see `kinds.ts`. */
  kinds: number
}

/** A message that cannot be stored, kept as it came. */
export interface DeadLetter {
  readonly frame: Frame
  readonly did: string | null
  readonly timeUs: number | null
  readonly reason: string
  /** Keep the bytes even where jsonb seems to be able to hold the message. */
  readonly asBytes: boolean
}

const minuteUs = 60_000_000

/**
 * Frames decoded and folded: every record occurs once, as its last operation, every account once. Adding is order
 * sensitive only where revisions are equal, which means the same event twice.
 */
export class Batch {
  readonly posts = new Map<Id, PostRow>()
  readonly records = new Map<Id, RecordRow>()
  readonly users = new Map<Did, UserChange>()
  readonly deadLetters: DeadLetter[] = []
  readonly frames: Frame[] = []
  readonly gaps: Gap[] = []
  readonly coverage = new Map<number, CoveredMinute>()
  /** Collections that occur, with the least network time of each, µs. */
  readonly collections = new Map<string, number>()

  readonly #known: KnownUsers

  constructor(known: KnownUsers) {
    this.#known = known
  }

  add(frame: Frame): void {
    this.frames.push(frame)
    addCoverage(this.coverage, frame.position)
    const event = decodeFrame(frame.bytes, frame.receivedUs)
    switch (event.kind) {
      case 'commit':
        this.#addCommit(event)
        break
      case 'identity':
      case 'account':
        this.#addNotice(event)
        this.#addRecord(noticeRow(event, this.#user(event.did).id))
        break
      case 'sync':
        this.#addCut(event.did, readCut(event))
        this.#addRecord(noticeRow(event, this.#user(event.did).id))
        break
      case 'rejected':
        this.#setAside(frame, event)
        break
      default:
        event satisfies never
    }
  }

  #addCommit(event: CommitEvent): void {
    const user = this.#user(event.did)
    const { collection, timeUs } = event
    addActivity(user.activity, Math.floor(timeUs / minuteUs), kindOf(collection))
    const first = this.collections.get(collection)
    if (first === undefined || timeUs < first) this.collections.set(collection, timeUs)
    if (collection === post.nsid) {
      const row = postRow(event, user.id)
      const known = this.posts.get(row.id)
      if (!known || known.rev < row.rev) this.posts.set(row.id, row)
    } else {
      this.#addRecord(recordRow(event, user.id))
    }
  }

  #addRecord(row: RecordRow): void {
    const known = this.records.get(row.id)
    this.records.set(row.id, known ? laterOf(known, row) : row)
  }

  #addCut(did: Did, cut: Cut | null): void {
    const user = this.#user(did)
    user.cut = laterCut(user.cut, cut)
  }

  #addNotice(event: IdentityChanged | AccountChanged): void {
    const user = this.#user(event.did)
    const { seq } = event
    if (seq > (user.notice?.seq ?? -1)) user.notice = { seq, timeUs: event.relayTimeUs }
    if (event.kind === 'account') {
      const { active, status } = event
      user.cut = laterCut(user.cut, readCut(event))
      if (seq > (user.standing?.seq ?? -1)) user.standing = { active, status, seq }
    } else if (event.handle !== null && seq > (user.handle?.seq ?? -1)) {
      user.handle = { value: event.handle, seq }
    }
  }

  #setAside(frame: Frame, { reason, did, timeUs }: Rejected): void {
    this.deadLetters.push({ frame, did, timeUs, reason, asBytes: false })
  }

  /** The one look-up that every event costs. */
  #user(did: Did): UserChange {
    let user = this.users.get(did)
    if (!user) {
      const known = this.#known.find(did)
      user = {
        id: known.id,
        did,
        known,
        activity: [],
        handle: null,
        standing: null,
        notice: null,
        cut: null,
      }
      this.users.set(did, user)
    }
    return user
  }
}

function addActivity(activity: ActiveMinute[], minute: number, kind: number): void {
  for (const known of activity) {
    if (known.minute !== minute) continue
    known.kinds |= kind
    return
  }
  activity.push({ minute, kinds: kind })
}
