import { useCallback, useEffect, useRef, useState } from 'react'
import type { LivePosts } from '#contract/live.ts'
import { hasFilters } from '../data/filters.ts'
import { formatCount } from '../data/format.ts'
import { useLivePosts } from '../data/live.ts'
import { usePage } from '../data/page.ts'
import { arrive, type PostFeed, renew, sampling, showNext, startFeed } from '../data/post-feed.ts'
import { findStillThere, useNewestPosts } from '../data/queries.ts'
import { Empty, Failure, Skeleton } from '../ui/tile-state.tsx'
import { phone, useMedia } from '../ui/use-media.ts'
import { useNow } from '../ui/use-now.ts'
import { NothingInRange } from './nothing-in-range.tsx'
import { PostItem } from './post-item.tsx'

const enterEveryMs = 1300
/** What was deleted or hidden must not stay on a page that was opened before. */
const lookEveryMs = 3000
/** On a phone the list does not scroll by itself: it begins short, so that the page has an end. */
const fewPosts = 12

/** The posts themselves: the newest of the range, and while the page is live those that come in. */
export function NewestPosts() {
  const { question, live, view } = usePage()
  const query = useNewestPosts(question)
  const { feed, held, hold } = usePostFeed(query.data?.posts, live)
  const one = sampling(feed)
  const now = useNow(1000)
  const narrow = useMedia(phone)
  const [unfolded, setUnfolded] = useState(false)
  const folded = narrow && !unfolded
  return (
    <section
      aria-label="Newest posts"
      className="panel relative flex flex-col overflow-clip lg:min-h-[600px]"
      onPointerEnter={(event) => event.pointerType !== 'touch' && hold('pointer', true)}
      onPointerLeave={() => hold('pointer', false)}
      onFocus={() => hold('focus', true)}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) hold('focus', false)
      }}
    >
      <div className="flex flex-wrap items-baseline gap-x-3 px-4 pt-3 pb-2.5">
        <h2 className="font-semibold text-[14px] tracking-tight">Newest posts</h2>
        <span className="text-muted text-xs">
          {live ? 'as they arrive' : 'newest first'}
          {live && one > 1 && ` · about 1 in ${formatCount(one)} shown`}
        </span>
        {live && held && <span className="text-faint text-xs">held while you read</span>}
      </div>
      {query.isError && !query.data ? (
        <Failure
          className="min-h-[240px] border-line border-t"
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      ) : !query.data ? (
        <SkeletonPosts />
      ) : feed.shown.length === 0 ? (
        <Empty className="min-h-[200px] border-line border-t">
          <NothingInRange what={hasFilters(view.filters) ? 'posts match' : 'posts'} />
        </Empty>
      ) : (
        // On a wide page the list is as tall as the tables beside it, and scrolls by itself.
        <ol
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label="Posts"
          className={`min-h-0 overflow-y-auto overscroll-contain -outline-offset-2 lg:absolute lg:inset-x-0 lg:top-[42px] lg:bottom-0 ${query.isPlaceholderData ? 'opacity-50' : ''}`}
        >
          {(folded ? feed.shown.slice(0, fewPosts) : feed.shown).map((post) => (
            <PostItem
              key={post.id}
              post={post}
              nowMs={now}
              arrived={!query.data?.posts.some(({ id }) => id === post.id)}
            />
          ))}
        </ol>
      )}
      {feed.shown.length > fewPosts && narrow && (
        <button
          type="button"
          aria-expanded={!folded}
          className="touch min-h-11 border-line border-t text-accent text-sm hover:bg-sunken"
          onClick={() => setUnfolded(folded)}
        >
          {folded ? `Show ${feed.shown.length - fewPosts} more posts` : 'Show fewer posts'}
        </button>
      )}
    </section>
  )
}

/** The feed, renewed where the question is; nothing enters while it is held, hidden or not live. */
function usePostFeed(posts: PostFeed['shown'] | undefined, live: boolean) {
  const [feed, setFeed] = useState(() => startFeed(posts ?? []))
  const [started, setStarted] = useState(posts)
  const holds = useRef(new Set<'pointer' | 'focus'>())
  const [held, setHeld] = useState(false)
  if (posts !== started) {
    setStarted(posts)
    setFeed(startFeed(posts ?? []))
  }
  const take = useCallback(
    (message: LivePosts) => {
      if (live && document.visibilityState === 'visible')
        setFeed((current) => arrive(current, message))
    },
    [live],
  )
  useLivePosts(take)
  useEffect(() => {
    if (!live || held) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setFeed(showNext)
    }, enterEveryMs)
    return () => clearInterval(timer)
  }, [live, held])
  const current = useRef(feed)
  current.current = feed
  useEffect(() => {
    const stop = new AbortController()
    const timer = setInterval(async () => {
      const ids = [...current.current.shown, ...current.current.waiting].map(({ id }) => id)
      if (ids.length === 0 || document.visibilityState !== 'visible') return
      try {
        const found = await findStillThere(ids, stop.signal)
        setFeed((feed) => renew(feed, ids, found))
      } catch {
        // The next look is soon; that the server is away is said elsewhere.
      }
    }, lookEveryMs)
    return () => {
      clearInterval(timer)
      stop.abort()
    }
  }, [])
  const hold = useCallback((by: 'pointer' | 'focus', on: boolean) => {
    if (on) holds.current.add(by)
    else holds.current.delete(by)
    setHeld(holds.current.size > 0)
  }, [])
  return { feed, held, hold }
}

function SkeletonPosts() {
  return ['w-2/5', 'w-3/5', 'w-1/2', 'w-2/3', 'w-2/5', 'w-1/2'].map((width, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: stand-ins never move
    <div key={index} className="border-line border-t px-4 py-3" aria-hidden>
      <Skeleton className="h-3.5 w-44" />
      <Skeleton className={`mt-2 h-4 ${width}`} />
    </div>
  ))
}
