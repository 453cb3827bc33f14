import { cleanText } from './text.ts'

/** What is attached to a post. Media are never fetched; what is kept describes them. */
export interface Media {
  readonly kind: 'images' | 'video' | 'external'
  readonly count: number
  /** Alt texts that are not empty. */
  readonly alt: readonly string[]
  /** Link card: where it leads and how it is titled. */
  readonly external: { readonly uri: string; readonly title: string } | null
}

export interface Embed {
  readonly media: Media | null
  /** AT-URI of the quoted post. */
  readonly quote: string | null
}

const maxImages = 20
const maxAlt = 2_000
const maxTitle = 300
const maxUri = 2_048

/** The embed of a post record. @see lexicons app.bsky.embed.* */
export function readEmbed(record: Readonly<Record<string, unknown>>): Embed {
  const embed = Object(record.embed)
  switch (embed.$type) {
    case 'app.bsky.embed.record':
      return { media: null, quote: readQuote(embed.record) }
    case 'app.bsky.embed.recordWithMedia':
      return {
        media: readMedia(Object(embed.media)),
        quote: readQuote(Object(embed.record).record),
      }
    default:
      return { media: readMedia(embed), quote: null }
  }
}

function readMedia(embed: Readonly<Record<string, unknown>>): Media | null {
  switch (embed.$type) {
    case 'app.bsky.embed.images':
      return readImages(embed.images)
    case 'app.bsky.embed.gallery':
      return readImages(embed.items)
    case 'app.bsky.embed.video':
      return { kind: 'video', count: 1, alt: readAlt([embed]), external: null }
    case 'app.bsky.embed.external':
      return readExternal(Object(embed.external))
    default:
      return null
  }
}

function readImages(images: unknown): Media | null {
  if (!Array.isArray(images) || images.length === 0) return null
  const shown = images.slice(0, maxImages)
  return { kind: 'images', count: shown.length, alt: readAlt(shown), external: null }
}

function readAlt(items: readonly unknown[]): string[] {
  return items
    .map((item): unknown => Object(item).alt)
    .filter((alt): alt is string => typeof alt === 'string' && alt.trim() !== '')
    .map((alt) => cleanText(alt.slice(0, maxAlt)))
}

function readExternal(external: Readonly<Record<string, unknown>>): Media | null {
  const { uri, title } = external
  if (typeof uri !== 'string' || uri.length > maxUri) return null
  return {
    kind: 'external',
    count: 1,
    alt: [],
    external: {
      uri: cleanText(uri),
      title: typeof title === 'string' ? cleanText(title.slice(0, maxTitle)) : '',
    },
  }
}

function readQuote(strongRef: unknown): string | null {
  const uri: unknown = Object(strongRef).uri
  if (typeof uri !== 'string' || uri.length > maxUri) return null
  return uri.split('/')[3] === 'app.bsky.feed.post' ? cleanText(uri) : null
}
