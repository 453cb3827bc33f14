import { setTimeout as sleep } from 'node:timers/promises'
import type { QueryOf } from '../contract/endpoint.ts'
import type { LiveCounters, LivePosts, live } from '../contract/live.ts'
import type { Post } from '../contract/posts.ts'
import { readSelection, type Selection } from './filters.ts'
import { createLiveLook, type LiveTick } from './live-look.ts'
import { pickPosts, readAllStored, readStored } from './live-posts.ts'
import type { ReadContext } from './question.ts'

/** What a client gets at a time. Clients that ask for the same get the same objects, so that each is encoded once. */
export interface LiveMessage {
  /** Opaque: a client that comes back with it gets what it missed. */
  readonly resume: string | null
  readonly counters: LiveCounters | null
  readonly posts: LivePosts | null
}

export interface LiveSubscription {
  readonly filters: QueryOf<typeof live>
  /** What the last message said to resume with, or null at a first visit; anything unknown counts as a first visit. */
  readonly resume: string | null
  readonly signal: AbortSignal
  readonly onMessage: (message: LiveMessage) => void
}

/** One look at the database each second for all clients together; none while there is no client. */
export interface LiveFeed extends AsyncDisposable {
  /** Messages until the signal aborts. Throws `AppError` `REQUEST_INVALID` for filters that mean nothing. */
  subscribe(subscription: LiveSubscription): Promise<void>
  /**
   * All posts stored between a time and what a message says to resume with, the oldest first: with the messages behind that
   * one nothing is doubled and nothing is missing. Throws `AppError` `REQUEST_INVALID` for filters that mean nothing.
   */
  before(
    message: Pick<LiveMessage, 'resume'>,
    since: LiveSince,
  ): AsyncGenerator<readonly Post[], void>
}

export interface LiveSince extends Pick<LiveSubscription, 'filters' | 'signal'> {
  /** Network time, ms since 1970. */
  readonly sinceMs: number
}

const shownAtOnce = 20
const shownAfterAbsence = 100

/** @param pollMs time between looks */
export function openLiveFeed(
  contextOf: (signal: AbortSignal) => ReadContext,
  pollMs: number,
): LiveFeed {
  const listeners = new Set<(tick: LiveTick) => void>()
  let poller: { readonly stop: AbortController; readonly done: Promise<void> } | null = null
  let latest: LiveTick | null = null
  // Computed once a tick for all clients without filters.
  const everything = new WeakMap<LiveTick, LivePosts | null>()

  async function poll(signal: AbortSignal): Promise<void> {
    const look = createLiveLook()
    while (!signal.aborted) {
      const started = performance.now()
      const tick = await look(contextOf(signal))
      if (signal.aborted) return
      latest = tick
      everything.set(tick, pickPosts(tick, shownAtOnce, null))
      for (const listener of [...listeners]) listener(tick)
      const rest = Math.max(0, pollMs - (performance.now() - started))
      await sleep(rest, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  function join(listener: (tick: LiveTick) => void): void {
    listeners.add(listener)
    if (poller) return
    const stop = new AbortController()
    poller = { stop, done: poll(stop.signal) }
  }

  function leave(listener: (tick: LiveTick) => void): void {
    listeners.delete(listener)
    if (listeners.size > 0) return
    poller?.stop.abort()
    poller = null
    latest = null
  }

  function postsFor(tick: LiveTick, selection: Selection | null): LivePosts | null {
    return selection ? pickPosts(tick, shownAtOnce, selection) : (everything.get(tick) ?? null)
  }

  return {
    async subscribe({ filters, resume, signal, onMessage }) {
      const selection = await readSelection(filters, contextOf(signal))
      if (signal.aborted) return
      const known = latest
      const waiting: LiveTick[] = []
      const { promise: firstTick, resolve: onFirst } = Promise.withResolvers<LiveTick | null>()
      let deliver = (tick: LiveTick) => {
        waiting.push(tick)
        onFirst(tick)
      }
      const listener = (tick: LiveTick) => deliver(tick)
      const send = (tick: LiveTick) => {
        onMessage({
          resume: tick.resume,
          counters: tick.counters,
          posts: postsFor(tick, selection),
        })
      }
      join(listener)
      const stop = () => {
        leave(listener)
        onFirst(null)
      }
      signal.addEventListener('abort', stop, { once: true })
      // What was stored before the first tick that this client gets is what it missed.
      const first = known ?? (await firstTick)
      if (first === null) return
      const missed = await readMissed(resume, first, selection, contextOf(signal)).catch(() => null)
      if (signal.aborted) return
      onMessage({ resume: first.resume, counters: first.counters, posts: missed })
      for (const tick of waiting) if (tick !== first) send(tick)
      deliver = send
    },
    async *before({ resume }, { filters, sinceMs, signal }) {
      const throughUs = resume === null ? null : readResume(resume)
      if (throughUs === null) return
      const context = contextOf(signal)
      const selection = await readSelection(filters, context)
      yield* readAllStored({ afterUs: sinceMs * 1_000, throughUs }, selection, context)
    },
    async [Symbol.asyncDispose]() {
      listeners.clear()
      poller?.stop.abort()
      await poller?.done
      poller = null
      latest = null
    },
  }
}

async function readMissed(
  resume: string | null,
  { asOfUs }: LiveTick,
  selection: Selection | null,
  context: ReadContext,
): Promise<LivePosts | null> {
  const afterUs = resume === null ? null : readResume(resume)
  if (afterUs === null || asOfUs === null || afterUs >= asOfUs) return null
  const stored = { afterUs, throughUs: asOfUs }
  const { posts, seen } = await readStored(stored, shownAfterAbsence, selection, context)
  return posts.length === 0 ? null : { posts: [...posts], seen, shown: posts.length }
}

function readResume(resume: string): number | null {
  if (!/^[0-9a-z]{1,11}$/.test(resume)) return null
  const us = Number.parseInt(resume, 36)
  return Number.isSafeInteger(us) ? us : null
}
