import { cleanText } from './text.ts'

/** A marked stretch of a post's text. Offsets count UTF-8 bytes, end exclusive, and are the author's claim. */
export interface Facet {
  readonly byteStart: number
  readonly byteEnd: number
  readonly kind: 'link' | 'mention' | 'tag'
  /** URL, DID or tag as given. */
  readonly value: string
}

const maxFacets = 100
const maxValue = 2_048

/**
 * The facets of a record that mean something to us, in order; anything misshapen is left out.
 * @see lexicon app.bsky.richtext.facet
 */
export function readFacets(record: Readonly<Record<string, unknown>>): readonly Facet[] {
  if (!Array.isArray(record.facets)) return []
  const facets: Facet[] = []
  for (const facet of record.facets.slice(0, maxFacets)) {
    const { byteStart, byteEnd } = Object(Object(facet).index)
    const features: unknown = Object(facet).features
    if (!Number.isInteger(byteStart) || !Number.isInteger(byteEnd) || !Array.isArray(features))
      continue
    for (const feature of features.slice(0, 4)) {
      const marked = readFeature(Object(feature))
      if (marked && facets.length < maxFacets) facets.push({ byteStart, byteEnd, ...marked })
    }
  }
  return facets
}

function readFeature(
  feature: Readonly<Record<string, unknown>>,
): Pick<Facet, 'kind' | 'value'> | null {
  switch (feature.$type) {
    case 'app.bsky.richtext.facet#link':
      return mark('link', feature.uri)
    case 'app.bsky.richtext.facet#mention':
      return mark('mention', feature.did)
    case 'app.bsky.richtext.facet#tag':
      return mark('tag', feature.tag)
    default:
      return null
  }
}

function mark(kind: Facet['kind'], value: unknown): Pick<Facet, 'kind' | 'value'> | null {
  if (typeof value !== 'string' || value === '' || value.length > maxValue) return null
  return { kind, value: cleanText(value) }
}
