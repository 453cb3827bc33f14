import type { Id } from '../event/ids.ts'
import type { UserChange } from './batch.ts'

const hoursPerDay = 24

/** What still has to be stored about an account being active in an hour. */
export type Novelty = 'known' | 'new-hour' | 'new-day'

/**
 * Which accounts are already stored as active in which hour, so that an account is written once an hour and not with each
 * of its events (measured: without this, writing authors costs three times as much). Forgetting is harmless: the write is
 * repeatable. Bounded: when full, the older half goes.
 */
export class KnownUsers {
  readonly #max: number
  #young = new Map<Id, number>()
  #old = new Map<Id, number>()

  /** @param max most accounts remembered; about 100 bytes each */
  constructor(max = 400_000) {
    this.#max = max
  }

  /** @param hour hours since 1970 */
  noveltyOf(id: Id, hour: number): Novelty {
    const known = this.#young.get(id) ?? this.#old.get(id)
    if (known === hour) return 'known'
    const sameDay =
      known !== undefined && Math.floor(known / hoursPerDay) === Math.floor(hour / hoursPerDay)
    return sameDay ? 'new-hour' : 'new-day'
  }

  /** Whether all of its activity is known to be stored. An account that was only spoken about is not. */
  has({ id, activeHours }: UserChange): boolean {
    const [hour] = activeHours
    return activeHours.length === 1 && hour !== undefined && this.noveltyOf(id, hour) === 'known'
  }

  /** To be called when the account is stored, never before. */
  add({ id, activeHours }: UserChange): void {
    const hour = activeHours.at(-1)
    if (hour === undefined) return
    this.#young.set(id, hour)
    if (this.#young.size < this.#max / 2) return
    this.#old = this.#young
    this.#young = new Map()
  }
}
