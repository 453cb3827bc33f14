import type { Id } from '../event/ids.ts'
import type { ActiveMinute, UserChange } from './batch.ts'

const minutesPerHour = 60
const minutesPerDay = 1_440
const kindBits = 32

/**
 * Which accounts are already stored as active in which minute, and what they are known to have done on its day, so that an
 * account is written once a minute and not with each of its events (measured: without this, writing authors costs three
 * times as much). Forgetting is harmless: the write is repeatable. Bounded: when full, the older half goes.
 */
export class KnownUsers {
  readonly #max: number
  /** minute · 32 + kinds */
  #young = new Map<Id, number>()
  #old = new Map<Id, number>()

  /** @param max most accounts remembered; about 100 bytes each */
  constructor(max = 400_000) {
    this.#max = max
  }

  hasMinute(id: Id, minute: number): boolean {
    return this.#minuteOf(id) === minute
  }

  /** Whether these kinds of doing are known of the day in which the minute lies. */
  hasDay(id: Id, { minute, kinds }: ActiveMinute): boolean {
    const known = this.#get(id)
    if (known === undefined) return false
    return dayOf(Math.floor(known / kindBits)) === dayOf(minute) && (kinds & ~known) === 0
  }

  /** Whether it is known to be stored as active in the hours of all its activity. One that was only spoken about is not. */
  hasHours(id: Id, activity: readonly ActiveMinute[]): boolean {
    const known = this.#minuteOf(id)
    if (known === undefined || activity.length === 0) return false
    return activity.every(({ minute }) => hourOf(minute) === hourOf(known))
  }

  /** To be called when the account is stored, never before. */
  add({ id, activity }: UserChange): void {
    for (const { minute, kinds } of activity) {
      const known = this.#get(id)
      const before =
        known !== undefined && dayOf(Math.floor(known / kindBits)) === dayOf(minute) ? known : 0
      this.#young.set(id, minute * kindBits + ((before % kindBits) | kinds))
    }
    if (this.#young.size < this.#max / 2) return
    this.#old = this.#young
    this.#young = new Map()
  }

  #get(id: Id): number | undefined {
    return this.#young.get(id) ?? this.#old.get(id)
  }

  #minuteOf(id: Id): number | undefined {
    const known = this.#get(id)
    return known === undefined ? undefined : Math.floor(known / kindBits)
  }
}

function hourOf(minute: number): number {
  return Math.floor(minute / minutesPerHour)
}

function dayOf(minute: number): number {
  return Math.floor(minute / minutesPerDay)
}
