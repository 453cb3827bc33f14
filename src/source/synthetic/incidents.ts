import type { Account, Accounts } from './accounts.ts'
import type { Draws } from './draws.ts'
import { streams } from './streams.ts'

const hourSeconds = 3_600
/** Short-lived accounts are active in one hour and the minutes behind it; what befalls them comes in the hour after the next. */
const hoursUntilIncident = 2
/** Half of the accounts that were deactivated come back so much later. */
const hoursUntilReturn = 6

/** What an account event says about an account that is not simply there. */
export interface Incident {
  readonly account: Account
  readonly active: boolean
  readonly status: 'deactivated' | 'takendown' | 'deleted' | null
  /** When in the second, [0, 1). */
  readonly moment: number
}

/**
 * What befalls accounts in a second: taken down, deleted, deactivated, some of them back again. Only the short-lived ones,
 * of which nothing comes afterwards.
 */
export function createIncidents(
  accounts: Accounts,
  perHour: number,
  draws: Draws,
): (second: number) => readonly Incident[] {
  const count = Math.floor(perHour)

  /** Accounts of an hour whose moment is a second of an hour: each has its stretch of it. */
  function* due(hour: number, secondOfHour: number): Generator<{ index: number; moment: number }> {
    const first = Math.floor((secondOfHour * count) / hourSeconds) - 1
    const last = Math.ceil(((secondOfHour + 1) * count) / hourSeconds)
    for (let index = Math.max(0, first); index < Math.min(count, last); index++) {
      const at = ((index + draws.at(streams.incident, hour, index).unit()) * hourSeconds) / count
      if (Math.floor(at) === secondOfHour) yield { index, moment: at - secondOfHour }
    }
  }

  function statusOf(hour: number, index: number): Incident['status'] {
    draws.at(streams.incident, hour, index).unit()
    const unit = draws.unit()
    return unit < 0.5 ? 'takendown' : unit < 0.76 ? 'deleted' : 'deactivated'
  }

  function comesBack(hour: number, index: number): boolean {
    return statusOf(hour, index) === 'deactivated' && draws.chance(0.5)
  }

  return (second) => {
    const found: Incident[] = []
    const hour = Math.floor(second / hourSeconds) - hoursUntilIncident
    const secondOfHour = second % hourSeconds
    for (const { index, moment } of due(hour, secondOfHour)) {
      const account = accounts.shortLived(hour, index)
      found.push({ account, active: false, status: statusOf(hour, index), moment })
    }
    for (const { index, moment } of due(hour - hoursUntilReturn, secondOfHour)) {
      if (!comesBack(hour - hoursUntilReturn, index)) continue
      const account = accounts.shortLived(hour - hoursUntilReturn, index)
      found.push({ account, active: true, status: null, moment })
    }
    return found
  }
}

/** When something befalls a short-lived account at the latest, s since 1970; never for the others. */
export function endSecond(account: Account): number {
  return account.hour === 0
    ? Number.POSITIVE_INFINITY
    : (account.hour + hoursUntilIncident) * hourSeconds
}
