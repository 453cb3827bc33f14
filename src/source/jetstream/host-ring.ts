import type { Wire } from '../../event/frame.ts'
import type { JetstreamHost } from './jetstream-url.ts'
import type { Dictionary } from './zstd.ts'

/** What was learned about a host while this process runs. */
export interface HostKnowledge {
  /** The wire it is known to serve, or that its address asks for; null until it answered. */
  speaks: Wire | null
  /** Its v2 dictionary, once fetched. */
  dictionary: Dictionary | null
  /** Id of a dictionary that it handed out and then refused. */
  refusedDictionaryId: number | null
  /** Compression failed with it: plain text from now on. */
  plain: boolean
  /** It sent a message above the limit: from now on it is asked to leave such messages out. */
  limitSize: boolean
}

export type KnownHost = JetstreamHost & HostKnowledge

/** Failures in a row, without a sign of life in between, after which the next host has its turn. */
const patience = 3

/** The list of hosts: one is kept until it failed several times, then the next, round and round. */
export class HostRing {
  readonly #hosts: readonly KnownHost[]
  #index = 0
  #failures = 0

  constructor(hosts: readonly JetstreamHost[]) {
    this.#hosts = hosts.map((host) => ({
      ...host,
      speaks: host.wire,
      dictionary: null,
      refusedDictionaryId: null,
      plain: false,
      limitSize: false,
    }))
  }

  get current(): KnownHost {
    const host = this.#hosts[this.#index]
    if (!host) throw new RangeError('a ring of hosts holds at least one')
    return host
  }

  /** Continues on the host of a stored position where it is in the list: only there its sequence number counts. */
  prefer(base: string): void {
    const index = this.#hosts.findIndex((host) => host.base === base)
    if (index >= 0) this.#index = index
  }

  succeeded(): void {
    this.#failures = 0
  }

  /** The current host is alive and of no use: the next one has its turn. */
  leave(): void {
    this.#failures = 0
    this.#index = (this.#index + 1) % this.#hosts.length
  }

  /** The current host failed without a sign of life; whether another one has its turn now. */
  failed(): boolean {
    this.#failures++
    if (this.#failures < patience) return false
    this.#failures = 0
    // A host that was replaced meanwhile may speak the other wire.
    this.current.speaks = this.current.wire
    this.#index = (this.#index + 1) % this.#hosts.length
    return this.#hosts.length > 1
  }
}
