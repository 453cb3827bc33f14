import type { Engagement, Post } from '../contract/posts.ts'
import { raw } from '../db/sql.ts'
import { formatTimeUs } from '../event/time.ts'

/** A row of `bluesky_post p` with its author `u`, as `postColumns` selects it. */
export interface PostRow {
  readonly id: string
  readonly uri: string
  readonly cid: string | null
  readonly did: string
  readonly handle: string | null
  readonly rkey: string
  readonly text: string | null
  readonly langs: string[] | null
  readonly tags: string[] | null
  readonly domains: string[] | null
  readonly parentUri: string | null
  readonly rootUri: string | null
  readonly createdAt: Date | null
  readonly timeUs: number
  readonly data: PostData | null
}

/** `additional_data` as the store writes it. */
export interface PostData {
  readonly facets?: readonly {
    readonly s: number
    readonly e: number
    readonly k: 'link' | 'mention' | 'tag'
    readonly v: string
  }[]
  readonly media?: {
    readonly kind: 'images' | 'video' | 'external'
    readonly count: number
    readonly alt: readonly string[]
    readonly uri?: string
    readonly title?: string
  }
  readonly quote?: string
  readonly labels?: readonly string[]
}

export const postColumns = raw(`
  p.id, p.uri, p.cid, u.did, u.handle, p.rkey, p.text, p.langs, p.tags, p.domains,
  p.parent_uri as "parentUri", p.root_uri as "rootUri", p.bsky_created_at as "createdAt",
  p.time_us as "timeUs", p.additional_data as "data"`)

export function toPost(row: PostRow, engagement: Engagement): Post {
  const { facets = [], media, quote, labels = [] } = row.data ?? {}
  return {
    id: row.id,
    uri: row.uri,
    cid: row.cid,
    author: { did: row.did, handle: row.handle },
    text: row.text ?? '',
    langs: row.langs ?? [],
    tags: row.tags ?? [],
    domains: row.domains ?? [],
    facets: facets.map(({ s, e, k, v }) => ({ byteStart: s, byteEnd: e, kind: k, value: v })),
    media: toMedia(media),
    labels: [...labels],
    parentUri: row.parentUri,
    rootUri: row.rootUri,
    quoteUri: quote ?? null,
    createdAt: row.createdAt?.toISOString() ?? null,
    indexedAt: formatTimeUs(row.timeUs),
    url: `https://bsky.app/profile/${row.did}/post/${encodeURIComponent(row.rkey)}`,
    engagement,
  }
}

function toMedia(media: PostData['media']): Post['media'] {
  if (!media) return { kind: 'none', count: 0, alt: [], external: null }
  const { kind, count, alt, uri, title } = media
  return {
    kind,
    count,
    alt: [...alt],
    external: uri === undefined ? null : { uri, title: title ?? '' },
  }
}
