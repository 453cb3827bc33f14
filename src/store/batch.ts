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
  /** First and last hour with activity in this batch, hours since 1970; null where it was only spoken about. */
  hours: { first: number; last: number } | null
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
}

const hourUs = 3_600_000_000

/**
 * Frames decoded and folded: every record occurs once, as its last operation, every account once. Adding is order
 * sensitive only where revisions are equal, which means the same event twice.
 */
export class Batch {
  readonly posts = new Map<Id, PostRow>()
  readonly records = new Map<Id, RecordRow>()
  readonly users = new Map<Id, UserChange>()
  /** `<hour>` → accounts active in it. */
  readonly active = new Map<number, Set<Id>>()
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
        this.#addRecord(noticeRow(event))
        break
      case 'sync':
        this.#user(userId(event.did), event.did)
        this.#addRecord(noticeRow(event))
        break
      case 'rejected':
        this.#setAside(frame, event)
        break
      default:
        event satisfies never
    }
  }

  #addCommit(event: CommitEvent): void {
    let id: Id
    if (event.collection === post.nsid) {
      const row = postRow(event)
      const known = this.posts.get(row.id)
      if (!known || known.rev < row.rev) this.posts.set(row.id, row)
      id = row.userId
    } else {
      const row = recordRow(event)
      this.#addRecord(row)
      id = row.userId
    }
    this.#addActivity(id, event)
  }

  #addRecord(row: RecordRow): void {
    const known = this.records.get(row.id)
    if (!known || isOlder(known, row)) this.records.set(row.id, row)
  }

  #addActivity(id: Id, event: CommitEvent): void {
    const hour = Math.floor(event.timeUs / hourUs)
    const active = this.active.get(hour) ?? new Set()
    if (active.has(id)) return
    this.active.set(hour, active.add(id))
    const user = this.#user(id, event.did)
    user.hours = {
      first: Math.min(hour, user.hours?.first ?? hour),
      last: Math.max(hour, user.hours?.last ?? hour),
    }
  }

  #addNotice(event: IdentityChanged | AccountChanged): void {
    const user = this.#user(userId(event.did), event.did)
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
    this.deadLetters.push({ frame, did, timeUs, reason })
  }

  #user(id: Id, did: Did): UserChange {
    let user = this.users.get(id)
    if (!user) {
      user = { id, did, hours: null, handle: null, standing: null, notice: null }
      this.users.set(id, user)
    }
    return user
  }
}

function isOlder(a: RecordRow, b: RecordRow): boolean {
  return a.revHigh < b.revHigh || (a.revHigh === b.revHigh && a.revLow < b.revLow)
}
