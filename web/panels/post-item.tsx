import ExternalLink from 'lucide-react/icons/external-link'
import Heart from 'lucide-react/icons/heart'
import ImageIcon from 'lucide-react/icons/image'
import MessageSquareQuote from 'lucide-react/icons/message-square-quote'
import Repeat2 from 'lucide-react/icons/repeat-2'
import Reply from 'lucide-react/icons/reply'
import Video from 'lucide-react/icons/video'
import { useState } from 'react'
import type { Engagement, Post } from '#contract/posts.ts'
import { formatCompact, formatCount } from '../data/format.ts'
import { keyLabel } from '../data/labels.ts'
import { usePage } from '../data/page.ts'
import { RichText } from '../ui/rich-text.tsx'
import { safeUrl } from '../ui/segments.ts'
import { TimeAgo } from '../ui/time-ago.tsx'

interface PostItemProps {
  readonly post: Post
  readonly nowMs: number
  /** Came in while the page was open: it slides in. */
  readonly arrived: boolean
}

/** One post: who, when, in which language, and what it says. */
export function PostItem({ post, nowMs, arrived }: PostItemProps) {
  const { toggleFilter, zone, synthetic } = usePage()
  const { author, langs } = post
  const name = author.handle ?? shortDid(author.did)
  const href = synthetic ? null : safeUrl(post.url)
  return (
    <li className={arrived ? 'arrive' : undefined}>
      <article className="border-line border-t px-4 pt-1.5 pb-2.5">
        <div className="flex flex-wrap items-center gap-x-2 text-muted text-xs">
          <button
            type="button"
            onClick={() => toggleFilter('author', author.handle ?? author.did)}
            title={`Only posts of ${author.handle ?? author.did}`}
            className="reach max-w-full rounded-sm font-medium text-ink hover:underline"
          >
            <bdi className="block truncate">{author.handle ? `@${name}` : name}</bdi>
          </button>
          <TimeAgo at={post.indexedAt} nowMs={nowMs} zone={zone} />
          {langs.slice(0, 3).map((lang) => (
            <button
              key={lang}
              type="button"
              onClick={() => toggleFilter('lang', lang.split('-')[0]?.toLowerCase() ?? lang)}
              title={`${keyLabel('language', lang)}: only this language`}
              className="reach grid place-items-center text-2xs"
            >
              <span className="rounded-sm border border-line px-1 hover:border-control">
                {lang}
              </span>
            </button>
          ))}
          {post.parentUri && (
            <span className="inline-flex items-center gap-1">
              <Reply size={12} aria-hidden /> reply
            </span>
          )}
          {post.quoteUri && (
            <span className="inline-flex items-center gap-1">
              <MessageSquareQuote size={12} aria-hidden /> quote
            </span>
          )}
          {href && (
            <a
              href={href}
              target="_blank"
              rel="noopener noreferrer nofollow"
              className="ml-auto inline-flex items-center gap-1 rounded-sm reach hover:text-ink hover:underline"
            >
              open <ExternalLink size={11} aria-hidden />
              <span className="sr-only">the post of {name} in a new tab</span>
            </a>
          )}
        </div>
        <Folded labels={post.labels}>
          <div className="mt-0.5 max-w-[88ch]">
            {post.text === '' && post.media.kind === 'none' && (
              <p className="text-faint">No text</p>
            )}
            <RichText
              text={post.text}
              facets={post.facets}
              onTag={(tag) => toggleFilter('tag', tag.toLowerCase())}
              onMention={(did) => toggleFilter('author', did)}
            />
            <Media media={post.media} />
          </div>
        </Folded>
        <Engaged engagement={post.engagement} />
      </article>
    </li>
  )
}

const engagements = [
  { name: 'replies', one: 'reply', Icon: Reply },
  { name: 'reposts', one: 'repost', Icon: Repeat2 },
  { name: 'likes', one: 'like', Icon: Heart },
  { name: 'quotes', one: 'quote', Icon: MessageSquareQuote },
] as const satisfies readonly { name: keyof Engagement; one: string; Icon: typeof Reply }[]

/** What points at the post, as far as it was received by when the list was made; nothing where nothing does. */
function Engaged({ engagement }: { engagement: Engagement }) {
  const shown = engagements.filter(({ name }) => engagement[name] > 0)
  if (shown.length === 0) return null
  return (
    <ul aria-label="Engagement" className="mt-1 flex flex-wrap gap-x-4 text-muted text-xs">
      {shown.map(({ name, one, Icon }) => {
        const words = `${formatCount(engagement[name])} ${engagement[name] === 1 ? one : name}`
        return (
          <li key={name} title={words} className="inline-flex items-center gap-1">
            <Icon size={12} aria-hidden />
            <span aria-hidden>{formatCompact(engagement[name])}</span>
            <span className="sr-only">{words}</span>
          </li>
        )
      })}
    </ul>
  )
}

/** What the author labelled is shown only to those who ask for it. */
function Folded({ labels, children }: { labels: readonly string[]; children: React.ReactNode }) {
  const [open, setOpen] = useState(false)
  if (labels.length === 0 || open) return children
  return (
    <p className="mt-0.5 text-muted">
      Folded: the author labelled it <bdi>{labels.join(', ')}</bdi>.{' '}
      <button
        type="button"
        onClick={() => setOpen(true)}
        className="touch rounded-sm text-accent hover:underline"
      >
        Show
      </button>
    </p>
  )
}

/** What is attached, told and not fetched. */
function Media({ media }: { media: Post['media'] }) {
  const { toggleFilter } = usePage()
  const alt = media.alt.filter((text) => text.trim() !== '')
  if (media.kind === 'external' && media.external) {
    const href = safeUrl(media.external.uri)
    if (!href) return null
    const host = new URL(href).hostname.replace(/^www\./, '')
    return (
      <p className="flex min-w-0 flex-wrap items-baseline gap-x-2 text-xs">
        <a
          href={href}
          target="_blank"
          rel="noopener noreferrer nofollow"
          title={href}
          className="stranger inline-block min-h-6 min-w-0 text-accent leading-6 hover:underline"
        >
          {media.external.title || host}
        </a>
        <button
          type="button"
          onClick={() => toggleFilter('domain', host)}
          title={`Only posts that link to ${host}`}
          className="min-h-6 rounded-sm text-muted hover:underline"
        >
          <bdi>{host}</bdi>
        </button>
      </p>
    )
  }
  if (media.kind !== 'images' && media.kind !== 'video') return null
  const Icon = media.kind === 'images' ? ImageIcon : Video
  const what =
    media.kind === 'video' ? 'Video' : media.count === 1 ? 'Image' : `${media.count} images`
  return (
    <p className="mt-1 flex items-start gap-1.5 text-muted text-xs">
      <Icon size={13} aria-hidden className="mt-0.5 shrink-0" />
      <span className="stranger min-w-0">
        {what}
        {alt.length > 0 ? `: ${alt.join(' · ')}` : ', not described'}
      </span>
    </p>
  )
}

function shortDid(did: string): string {
  return did.length > 20 ? `${did.slice(0, 16)}…` : did
}
