import type { Did } from '../event/event.ts'
import { type Id, userId } from '../event/ids.ts'
import type { ActiveMinute } from './batch.ts'

const minutesPerHour = 60
const minutesPerDay = 1_440
const kindBits = 32

/** An account, and when it is known to be stored as active. */
export interface KnownUser {
  readonly id: Id
  /** Minute since 1970 · 32 + what it did on that day (`kinds.ts`); 0 where nothing is known. */
  stored: number
}

/**
 * Which accounts are already stored as active in which minute, and what they are known to have done on its day, so that an
 * account is written once a minute and not with each of its events (measured: without this, writing authors costs three
 * times as much). Saves computing their ids, too. Forgetting is harmless: the write is repeatable. Bounded: when full, the
 * older half goes.
 */
export class KnownUsers {
  readonly #max: number
  #young = new Map<Did, KnownUser>()
  #old = new Map<Did, KnownUser>()

  /** @param max most accounts remembered; about 200 bytes each */
  constructor(max = 300_000) {
    this.#max = max
  }

  /** What is known of an account; of one that is not remembered its id alone. */
  find(did: Did): KnownUser {
    const known = this.#young.get(did)
    if (known) return known
    const older = this.#old.get(did) ?? { id: userId(did), stored: 0 }
    this.#young.set(did, older)
    if (this.#young.size >= this.#max / 2) {
      this.#old = this.#young
      this.#young = new Map()
    }
    return older
  }
}

export function isMinuteStored({ stored }: KnownUser, minute: number): boolean {
  return Math.floor(stored / kindBits) === minute
}

/** Whether these kinds of doing are known of the day in which the minute lies. */
export function areKindsStored({ stored }: KnownUser, { minute, kinds }: ActiveMinute): boolean {
  return dayOf(Math.floor(stored / kindBits)) === dayOf(minute) && (kinds & ~stored) === 0
}

/** Whether it is known to be stored as active in the hours of all its activity. One that was only spoken about is not. */
export function areHoursStored({ stored }: KnownUser, activity: readonly ActiveMinute[]): boolean {
  const hour = hourOf(Math.floor(stored / kindBits))
  return activity.length > 0 && activity.every(({ minute }) => hourOf(minute) === hour)
}

/** Whether it is known to be stored as active on the days of all its activity. */
export function isDayStored({ stored }: KnownUser, activity: readonly ActiveMinute[]): boolean {
  const day = dayOf(Math.floor(stored / kindBits))
  return activity.length > 0 && activity.every(({ minute }) => dayOf(minute) === day)
}

/** To be called when the activity is stored, never before. */
export function rememberStored(known: KnownUser, activity: readonly ActiveMinute[]): void {
  for (const { minute, kinds } of activity) {
    const before = dayOf(Math.floor(known.stored / kindBits)) === dayOf(minute) ? known.stored : 0
    known.stored = minute * kindBits + ((before % kindBits) | kinds)
  }
}

function hourOf(minute: number): number {
  return Math.floor(minute / minutesPerHour)
}

function dayOf(minute: number): number {
  return Math.floor(minute / minutesPerDay)
}
