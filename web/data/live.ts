import { createContext, use, useEffect, useSyncExternalStore } from 'react'
import type { LivePosts } from '#contract/live.ts'
import type { ActiveFilters } from './filters.ts'
import type { LiveState, LiveStream } from './live-stream.ts'

export const LiveContext = createContext<LiveStream | null>(null)

export function useLiveStream(): LiveStream {
  const stream = use(LiveContext)
  if (!stream) throw new Error('useLiveStream needs a LiveContext around it')
  return stream
}

/** State and counters, renewed each second. */
export function useLiveState(): LiveState {
  const stream = useLiveStream()
  return useSyncExternalStore(stream.subscribe, stream.state)
}

/** Keeps the one connection open, for posts under these filters. */
export function useLiveConnection(stream: LiveStream, filters: ActiveFilters): void {
  const { lang, tag, domain, author } = filters
  useEffect(
    () =>
      stream.connect({
        ...(lang === undefined ? {} : { lang }),
        ...(tag === undefined ? {} : { tag }),
        ...(domain === undefined ? {} : { domain }),
        ...(author === undefined ? {} : { author }),
      }),
    [stream, lang, tag, domain, author],
  )
}

export function useLivePosts(onPosts: (posts: LivePosts) => void): void {
  const stream = useLiveStream()
  useEffect(() => stream.onPosts(onPosts), [stream, onPosts])
}
