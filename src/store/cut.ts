import type { AccountChanged, RepoSynced } from '../event/event.ts'
import { formatTid, readTidHalves } from '../event/tid.ts'

/** A line through an account's records: those with a smaller revision are gone, and do not come back. */
export interface Cut {
  /** As a TID. */
  readonly rev: string
  /** As a number, in two halves of 32 bits. */
  readonly high: number
  readonly low: number
  readonly reason: CutReason
}

type CutReason = 'deleted' | 'sync' | 'request'

/**
 * Revisions are made by the account's own server, whose clock may be ahead of the relay's: what was written just before the
 * deletion must not survive it. Nobody returns from a deletion within that time.
 */
const maxSkewUs = 60_000_000

/** The cut that an event makes, or null where it makes none. */
export function readCut(event: AccountChanged | RepoSynced): Cut | null {
  if (event.kind === 'sync') return cutAt(event.rev, 'sync')
  if (event.active || event.status !== 'deleted') return null
  return cutBefore(event.relayTimeUs + maxSkewUs, 'deleted')
}

/** The cut through a time, µs since 1970: what was written before it is gone. */
export function cutBefore(timeUs: number, reason: CutReason): Cut {
  return cutAt(formatTid(Math.max(0, timeUs), 0), reason)
}

function cutAt(rev: string, reason: CutReason): Cut {
  return { rev, ...readTidHalves(rev), reason }
}

export function laterCut(a: Cut | null, b: Cut | null): Cut | null {
  if (!a || !b) return a ?? b
  return a.rev < b.rev ? b : a
}
