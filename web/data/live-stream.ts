import { type LiveCounters, type LivePosts, live } from '#contract/live.ts'
import { queryString } from './api.ts'
import { learnServerTime } from './clock.ts'
import type { ActiveFilters } from './filters.ts'

export interface LiveState {
  readonly status: 'connecting' | 'open' | 'broken'
  /** Since when the status holds, ms since 1970. */
  readonly sinceMs: number
  readonly counters: LiveCounters | null
  /** When the counters arrived. */
  readonly countersAtMs: number
}

export interface LagPoint {
  readonly atMs: number
  readonly lagMs: number | null
}

/**
 * The one live connection of the page, outside React. `connect` replaces the connection; losing it is a state, not an error, and is
 * mended with waits of 1 to 15 s. The browser sends Last-Event-ID where it reconnects by itself.
 */
export interface LiveStream {
  readonly subscribe: (listener: () => void) => () => void
  readonly state: () => LiveState
  readonly onPosts: (listener: (posts: LivePosts) => void) => () => void
  /** Lag as measured by this page, oldest first, at most 15 minutes. */
  readonly lag: () => readonly LagPoint[]
  readonly connect: (filters: ActiveFilters) => () => void
}

const maxLagPoints = 900

export function createLiveStream(): LiveStream {
  const listeners = new Set<() => void>()
  const postListeners = new Set<(posts: LivePosts) => void>()
  let lag: readonly LagPoint[] = []
  let state: LiveState = { status: 'connecting', sinceMs: 0, counters: null, countersAtMs: 0 }

  const change = (next: Partial<LiveState>) => {
    state = { ...state, ...next }
    for (const listener of listeners) listener()
  }
  const enter = (status: LiveState['status']) => {
    if (state.status !== status) change({ status, sinceMs: Date.now() })
  }

  const connect = (filters: ActiveFilters) => {
    let source: EventSource | undefined
    let retry: ReturnType<typeof setTimeout> | undefined
    let failures = 0
    const open = () => {
      source = new EventSource(live.path + queryString(filters))
      source.onopen = () => {
        failures = 0
        enter('open')
      }
      source.addEventListener('counters', (event) => {
        const counters = readMessage<LiveCounters>(event)
        if (!counters) return
        learnServerTime(counters.now)
        lag = [...lag, { atMs: Date.now(), lagMs: counters.lagMs }].slice(-maxLagPoints)
        if (state.status !== 'open') enter('open')
        change({ counters, countersAtMs: Date.now() })
      })
      source.addEventListener('posts', (event) => {
        const posts = readMessage<LivePosts>(event)
        if (posts) for (const listener of postListeners) listener(posts)
      })
      source.onerror = () => {
        enter('broken')
        // The browser reconnects after a lost connection, but gives up after an answer that is no event stream.
        if (source?.readyState !== EventSource.CLOSED) return
        failures++
        retry = setTimeout(open, Math.min(15_000, 1000 * 2 ** (failures - 1)))
      }
    }
    change({ status: 'connecting', sinceMs: Date.now() })
    open()
    return () => {
      clearTimeout(retry)
      source?.close()
    }
  }

  return {
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    state: () => state,
    onPosts: (listener) => {
      postListeners.add(listener)
      return () => postListeners.delete(listener)
    },
    lag: () => lag,
    connect,
  }
}

function readMessage<Message>(event: MessageEvent<unknown>): Message | null {
  if (typeof event.data !== 'string') return null
  try {
    return JSON.parse(event.data) as Message
  } catch {
    return null // a line cut off while the connection broke; the next one comes within a second
  }
}
