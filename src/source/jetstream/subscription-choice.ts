import type { Wire } from '../../event/frame.ts'
import type { KnownHost } from './host-ring.ts'
import { type Subscription, subscribeUrl } from './jetstream-url.ts'

/** What the operator asked for, the same for every host. */
export interface Wish {
  readonly wire: Wire | 'auto'
  readonly collections: readonly string[]
  readonly dids: readonly string[]
  readonly maxMessageBytes: number
}

/** Longest address sent where there is another way: many proxies stop at 8 KiB for all headers together. */
const maxAddressLength = 6_000

/** The wire to try with a host. A list of accounts too long for an address can only be sent on v1. Pure. */
export function chooseWire(wish: Wish, host: KnownHost): Wire {
  if (wish.wire !== 'auto') return wish.wire
  if (host.speaks) return host.speaks
  return isTooLong(wish, host, 'v2') ? 'v1' : 'v2'
}

/** The subscription to ask a host for. Pure. */
export function chooseSubscription(
  wish: Wish,
  host: KnownHost,
  ask: {
    readonly wire: Wire
    readonly cursor: number | null
    readonly dictionaryId: number | null
  },
): Subscription {
  return {
    ...ask,
    collections: wish.collections,
    dids: wish.dids,
    maxMessageBytes: host.limitSize ? wish.maxMessageBytes : null,
    hello: ask.wire === 'v1' && isTooLong(wish, host, 'v1'),
  }
}

function isTooLong(wish: Wish, host: KnownHost, wire: Wire): boolean {
  const { collections, dids } = wish
  if (dids.length === 0) return false
  const rest = { cursor: null, dictionaryId: null, maxMessageBytes: null, hello: false }
  return subscribeUrl(host, { wire, collections, dids, ...rest }).length > maxAddressLength
}
