import { post } from '../collections/post.ts'
import { decodeFrame, type Rejected } from '../event/decode.ts'
import type { AccountChanged, CommitEvent, Did, IdentityChanged } from '../event/event.ts'
import type { Frame, Gap } from '../event/frame.ts'
import { type Id, userId } from '../event/ids.ts'
import { noticeRow, type PostRow, postRow, type RecordRow, recordRow } from './rows.ts'

/** What a batch changes about one account. */
export interface UserChange {
  readonly id: Id
  readonly did: Did
  /** Hours (since 1970) in which it was active, each once, mostly one; none where it was only spoken about. */
  readonly activeHours: number[]
  handle: { readonly value: string; readonly seq: number } | null
  standing: {
    readonly active: boolean
    readonly status: string | null
    readonly seq: number
  } | null
  /** The notice with the greatest relay seq. */
  notice: { readonly seq: number; readonly timeUs: number } | null
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

const hourUs = 3_600_000_000

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

  add(frame: Frame): void {
    this.frames.push(frame)
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
    const hour = Math.floor(event.timeUs / hourUs)
    if (!user.activeHours.includes(hour)) user.activeHours.push(hour)
    if (event.collection === post.nsid) {
      const row = postRow(event, user.id)
      const known = this.posts.get(row.id)
      if (!known || known.rev < row.rev) this.posts.set(row.id, row)
    } else {
      this.#addRecord(recordRow(event, user.id))
    }
  }

  #addRecord(row: RecordRow): void {
    const known = this.records.get(row.id)
    if (!known || isOlder(known, row)) this.records.set(row.id, row)
  }

  #addNotice(event: IdentityChanged | AccountChanged): void {
    const user = this.#user(event.did)
    const { seq } = event
    if (seq > (user.notice?.seq ?? -1)) user.notice = { seq, timeUs: event.relayTimeUs }
    if (event.kind === 'account') {
      const { active, status } = event
      if (seq > (user.standing?.seq ?? -1)) user.standing = { active, status, seq }
    } else if (event.handle !== null && seq > (user.handle?.seq ?? -1)) {
      user.handle = { value: event.handle, seq }
    }
  }

  #setAside(frame: Frame, { reason, did, timeUs }: Rejected): void {
    this.deadLetters.push({ frame, did, timeUs, reason, asBytes: false })
  }

  /** The one look-up that every event costs; the id is computed once a batch. */
  #user(did: Did): UserChange {
    let user = this.users.get(did)
    if (!user) {
      user = { id: userId(did), did, activeHours: [], handle: null, standing: null, notice: null }
      this.users.set(did, user)
    }
    return user
  }
}

function isOlder(a: RecordRow, b: RecordRow): boolean {
  return a.revHigh < b.revHigh || (a.revHigh === b.revHigh && a.revLow < b.revLow)
}
