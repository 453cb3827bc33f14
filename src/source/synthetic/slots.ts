import { type Account, type Accounts, clockOf, delayUsOf } from './accounts.ts'
import { drawLagUs } from './clocks.ts'
import type { Draws } from './draws.ts'
import { cidText, tidText } from './ids.ts'
import type { Kind } from './mix.ts'
import { kindStreams } from './streams.ts'
import type { Traffic } from './traffic.ts'

/** Where something happened: the index-th of its kind in a second since 1970. */
export interface Place {
  readonly kind: Kind
  readonly second: number
  readonly index: number
}

/** What is known of a place without working out what was said there. */
export interface Slot extends Place {
  /** When it is due, µs since 1970. It arrives then or a few µs later. */
  readonly dueUs: number
  readonly account: Account
  readonly did: string
  /** Time in its record key, µs. */
  readonly keyUs: number
  /** The author's clock, µs. */
  readonly claimedUs: number
}

/** The last 10 ms of a second stay free, so that what is put off by a few µs does not run into the next. */
export const usableUs = 990_000

export interface Slots {
  at(kind: Kind, second: number, index: number): Slot
  /** Record key of a slot; events of one commit follow each other by a µs. */
  rkey(slot: Slot, member?: number): string
  cid(place: Place, member?: number): string
}

/** Slots follow from their place alone: a like of last week's post needs no memory of it. */
export function createSlots(traffic: Traffic, accounts: Accounts, draws: Draws): Slots {
  return {
    at(kind, second, index) {
      const count = Math.max(1, traffic(kind, second))
      draws.at(kindStreams[kind].slot, second, index)
      // Each has a stretch of the second to itself: in order by index, and no two at the same µs.
      const dueUs = second * 1e6 + Math.floor(((index + draws.unit()) * usableUs) / count)
      const lagUs = drawLagUs(draws)
      const account = accounts.draw(kind, second, draws)
      const did = accounts.didOf(account)
      // Clients of posts make the key themselves, from their clock; the others leave it to the server.
      const claimedUs = dueUs - lagUs
      const keyUs = kind === 'post' ? claimedUs : dueUs - delayUsOf(did) - (lagUs & 0xffff)
      return { kind, second, index, dueUs, account, did, keyUs, claimedUs }
    },
    rkey: (slot, member = 0) => tidText(slot.keyUs + member, clockOf(slot.did)),
    cid({ kind, second, index }, member = 0) {
      draws.at(kindStreams[kind].cid, second, index * 2_048 + member)
      return cidText(draws, 'record')
    },
  }
}
