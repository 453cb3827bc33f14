import { handleOf } from './accounts.ts'
import { isoMs } from './clocks.ts'
import type { Happening } from './happening.ts'
import type { Network } from './network.ts'
import { usableUs } from './slots.ts'
import { kindStreams } from './streams.ts'

/** The relay passes an event on about so long before it arrives, µs. */
const relayDelayUs = 480_000
/** Where the relay's numbers begin: one for each µs from here, so they rise and never repeat. */
const relayEpochUs = 1_600_000_000_000_000

/** Identity events of a second, most of them with the account event that follows at once. */
export function identities(network: Network): (second: number) => Happening[] {
  const { slots, traffic, mix } = network
  const draws = network.draws()
  return (second) =>
    Array.from({ length: traffic('identity', second) }, (_, index) => {
      const { did, dueUs } = slots.at('identity', second, index)
      return {
        dueUs,
        frames(timeUs) {
          draws.at(kindStreams.identity.content, second, index)
          const handle = draws.chance(mix.identityWithHandle) ? `"handle":"${handleOf(did)}",` : ''
          const identity =
            `{"did":"${did}","time_us":${timeUs},"kind":"identity",` +
            `"identity":{"did":"${did}",${handle}${relayMembers(timeUs)}}}`
          return draws.chance(mix.identityWithAccount)
            ? [identity, accountFrame({ did, timeUs: timeUs + 1, active: true, status: null })]
            : [identity]
        },
      }
    })
}

/** Account events of a second that tell of accounts taken away or given back. */
export function incidents(network: Network): (second: number) => Happening[] {
  return (second) =>
    network.incidents(second).map(({ account, active, status, moment }) => ({
      dueUs: second * 1e6 + Math.floor(moment * usableUs),
      frames: (timeUs) => [
        accountFrame({ did: network.accounts.didOf(account), timeUs, active, status }),
      ],
    }))
}

function accountFrame(event: {
  readonly did: string
  readonly timeUs: number
  readonly active: boolean
  readonly status: string | null
}): string {
  const { did, timeUs, active, status } = event
  const why = status === null ? '' : `,"status":"${status}"`
  return (
    `{"did":"${did}","time_us":${timeUs},"kind":"account",` +
    `"account":{"active":${active},"did":"${did}",${relayMembers(timeUs)}${why}}}`
  )
}

function relayMembers(timeUs: number): string {
  return `"seq":${timeUs - relayEpochUs},"time":"${isoMs(timeUs - relayDelayUs)}"`
}
