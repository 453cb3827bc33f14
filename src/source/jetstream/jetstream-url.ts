import { AppError } from '../../errors.ts'
import type { Wire } from '../../event/frame.ts'

/** A Jetstream host as positions name it, and the wire its address asked for by its path (null: either). */
export interface JetstreamHost {
  /** `ws://` or `wss://`, host, port unless the default, and the path prefix of a reverse proxy if any. */
  readonly base: string
  readonly wire: Wire | null
}

/** What one connection asks of a host. */
export interface Subscription {
  readonly wire: Wire
  /** Below 1e15 a sequence number, from there on µs since 1970; null is the live tip. */
  readonly cursor: number | null
  readonly collections: readonly string[]
  readonly dids: readonly string[]
  /** Id of the zstd dictionary to compress with, or null for plain text. */
  readonly dictionaryId: number | null
  /** Frames above this many bytes are left out by the host; null for no limit. */
  readonly maxMessageBytes: number | null
  /** v1: send the filters in a first message instead of in the address. */
  readonly hello: boolean
}

export const maxCollections = 100
export const maxDids = 10_000

const paths = {
  v1: '/subscribe',
  v2: '/xrpc/network.bsky.jetstream.subscribeEvents',
} as const satisfies Record<Wire, string>
const dictionaryPath = '/xrpc/network.bsky.jetstream.getZstdDictionary'
const schemes: Readonly<Record<string, string>> = {
  'ws:': 'ws:',
  'wss:': 'wss:',
  'http:': 'ws:',
  'https:': 'wss:',
}
const loopback = /^(?:localhost|[^/:]*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/i

/**
 * Reads an address: ws, wss, http or https, or a bare `host[:port]` (wss, but ws on loopback), with or without the path
 * of either wire. Throws `CONFIG_INVALID` on anything else.
 */
export function readJetstreamUrl(text: string): JetstreamHost {
  const trimmed = text.trim()
  const bare = !trimmed.includes('://')
  const url = URL.parse(bare ? `${loopback.test(trimmed) ? 'ws' : 'wss'}://${trimmed}` : trimmed)
  const scheme = url ? schemes[url.protocol] : undefined
  if (!url || !scheme || url.hostname === '') {
    throw invalid(text, 'expected wss://host, https://host or host[:port]')
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(url.host, 'a user name or password is not supported')
  }
  if (url.search !== '' || url.hash !== '') {
    throw invalid(
      text,
      'leave out everything from "?" on; filters and cursors have their own settings',
    )
  }
  const path = url.pathname.replace(/\/+$/, '')
  const wire = (['v1', 'v2'] as const).find((wire) => path.endsWith(paths[wire])) ?? null
  const prefix = wire ? path.slice(0, -paths[wire].length) : path
  return { base: `${scheme}//${url.host}${prefix}`, wire }
}

/** Address of a subscription. Filters are repeated parameters; both wires take collections ending in `.*`. */
export function subscribeUrl(host: JetstreamHost, subscription: Subscription): string {
  const { wire, cursor, dictionaryId, maxMessageBytes, hello } = subscription
  const query = new URLSearchParams()
  if (!hello) {
    for (const collection of subscription.collections) {
      query.append(wire === 'v1' ? 'wantedCollections' : 'collections', collection)
    }
    for (const did of subscription.dids) query.append(wire === 'v1' ? 'wantedDids' : 'dids', did)
    if (maxMessageBytes !== null) query.set('maxMessageSizeBytes', String(maxMessageBytes))
  }
  if (hello) query.set('requireHello', 'true')
  if (cursor !== null) query.set('cursor', String(cursor))
  if (dictionaryId !== null) {
    if (wire === 'v1') query.set('compress', 'true')
    else query.set('zstdDictionary', String(dictionaryId))
  }
  const search = query.toString().replaceAll('%3A', ':')
  return `${host.base}${paths[wire]}${search === '' ? '' : `?${search}`}`
}

/** First message of a v1 subscription that was opened with `hello`: the whole filter. */
export function helloMessage(subscription: Subscription): string {
  return JSON.stringify({
    type: 'options_update',
    payload: {
      wantedCollections: subscription.collections,
      wantedDids: subscription.dids,
      maxMessageSizeBytes: subscription.maxMessageBytes ?? 0,
    },
  })
}

/** Where a v2 host hands out its compression dictionary (http or https). */
export function dictionaryUrl(host: JetstreamHost): string {
  return `${host.base.replace(/^ws/, 'http')}${dictionaryPath}`
}

function invalid(text: string, wanted: string): AppError {
  return new AppError(
    'CONFIG_INVALID',
    `"${text}" is not the address of a Jetstream host: ${wanted}.`,
  )
}
