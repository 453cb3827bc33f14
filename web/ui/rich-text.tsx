import type { Post } from '#contract/posts.ts'
import { type Segment, safeUrl, segmentText } from './segments.ts'

interface RichTextProps {
  readonly text: string
  readonly facets: Post['facets']
  readonly onTag: (tag: string) => void
  readonly onMention: (did: string) => void
}

/** A stranger's text: nothing in it is markup, links are http(s) only, mentions and tags are filters. */
export function RichText({ text, facets, onTag, onMention }: RichTextProps) {
  if (text === '') return null
  let offset = 0
  return (
    <p dir="auto" className="stranger whitespace-pre-line">
      {segmentText(text, facets).map((segment) => {
        const key = offset
        offset += segment.text.length
        return <Part key={key} segment={segment} onTag={onTag} onMention={onMention} />
      })}
    </p>
  )
}

const filterLook = 'text-accent hover:underline underline-offset-2 text-start'
// Within a text, a link must not be told from it by its colour alone.
const linkLook =
  'text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent'

function Part({
  segment,
  onTag,
  onMention,
}: { segment: Segment } & Pick<RichTextProps, 'onTag' | 'onMention'>) {
  switch (segment.kind) {
    case 'text':
      return segment.text
    case 'link': {
      const href = safeUrl(segment.value)
      return href ? (
        <a
          href={href}
          target="_blank"
          rel="noopener noreferrer nofollow"
          title={href}
          className={linkLook}
        >
          {segment.text}
        </a>
      ) : (
        segment.text
      )
    }
    case 'mention':
      return (
        <button type="button" onClick={() => onMention(segment.value)} className={filterLook}>
          {segment.text}
        </button>
      )
    case 'tag':
      return (
        <button type="button" onClick={() => onTag(segment.value)} className={filterLook}>
          {segment.text}
        </button>
      )
    default:
      return segment satisfies never
  }
}
