import type { Post } from '#contract/posts.ts'

type Facet = Post['facets'][number]

export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link' | 'mention' | 'tag'; readonly text: string; readonly value: string }

/**
 * Cuts a stranger's text into plain and marked stretches. Facets count UTF-8 bytes. A facet that is out of bounds, empty, overlaps one
 * before it, or would cut a character in half is ignored; the text itself always comes out whole.
 */
export function segmentText(text: string, facets: readonly Facet[]): Segment[] {
  if (facets.length === 0) return text === '' ? [] : [{ kind: 'text', text }]
  const unitAt = unitsByByte(text)
  const segments: Segment[] = []
  let reached = 0
  const sorted = [...facets].sort((a, b) => a.byteStart - b.byteStart || b.byteEnd - a.byteEnd)
  for (const facet of sorted) {
    const start = unitAt.get(facet.byteStart)
    const end = unitAt.get(facet.byteEnd)
    if (start === undefined || end === undefined || start >= end || start < reached) continue
    if (start > reached) segments.push({ kind: 'text', text: text.slice(reached, start) })
    segments.push({ kind: facet.kind, text: text.slice(start, end), value: facet.value })
    reached = end
  }
  if (reached < text.length) segments.push({ kind: 'text', text: text.slice(reached) })
  return segments
}

/** The address if it is http or https and nothing else, normalised; else null. */
export function safeUrl(address: string): string | null {
  try {
    const url = new URL(address)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
  } catch {
    return null // no URL: shown as text
  }
}

/** UTF-8 byte offset → UTF-16 unit offset, for every offset between two characters. */
function unitsByByte(text: string): ReadonlyMap<number, number> {
  const offsets = new Map<number, number>()
  let bytes = 0
  let units = 0
  for (const character of text) {
    offsets.set(bytes, units)
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    units += character.length
  }
  offsets.set(bytes, units)
  return offsets
}
