import { getDomain } from 'tldts'
import { type Media, readEmbed } from './embed.ts'
import { readEmoji } from './emoji.ts'
import { type Facet, readFacets } from './facets.ts'
import { foldLanguages } from './language.ts'
import { cleanText } from './text.ts'
import { readTimeUs, type TimeUs } from './time.ts'

/** What a post says about itself, cleaned and bounded: all that is stored, counted and searched comes from here. */
export interface PostFacts {
  readonly text: string
  /** As declared by the author. */
  readonly langs: readonly string[]
  /** Folded primary subtags; `und` where none is declared. */
  readonly languages: readonly string[]
  /** Folded, each once. */
  readonly tags: readonly string[]
  /** Registrable domains linked to, each once. */
  readonly domains: readonly string[]
  /** DIDs mentioned, each once. */
  readonly mentions: readonly string[]
  /** Emoji in the text, skin tones folded, each once. */
  readonly emoji: readonly string[]
  readonly facets: readonly Facet[]
  readonly media: Media | null
  readonly quote: string | null
  readonly parent: StrongRef | null
  readonly root: StrongRef | null
  /** The program that wrote it, where it says so. */
  readonly client: string | null
  /** The author's own content labels. */
  readonly labels: readonly string[]
  /** The author's claim, µs since 1970, where it is a date from 1970 to a day after the network saw it. */
  readonly createdAtUs: TimeUs | null
  readonly createdAtRaw: string | null
}

export interface StrongRef {
  readonly uri: string
  readonly cid: string | null
}

/** The lexicon allows 3,000 bytes; nobody enforces it. */
const maxText = 10_000
const maxLangs = 10
const maxTags = 50
const maxDomains = 20
const maxMentions = 50
const maxEmoji = 50
const maxKey = 640
const maxClient = 64
const maxUri = 2_048
const maxClockSkewUs = 86_400_000_000

/**
 * Facts of a post record. Every field of the record is of unknown type: what is misshapen counts as absent.
 *
 * @param timeUs network clock of the event, µs since 1970
 */
export function readPostFacts(
  record: Readonly<Record<string, unknown>>,
  timeUs: TimeUs,
): PostFacts {
  const text = cleanText(typeof record.text === 'string' ? record.text.slice(0, maxText) : '')
  const langs = readStrings(record.langs, maxLangs, 64)
  const facets = readFacets(record)
  const embed = readEmbed(record)
  const links = linksOf(facets, embed.media)
  const createdAtRaw =
    typeof record.createdAt === 'string' ? cleanText(record.createdAt.slice(0, 64)) : null
  const reply = Object(record.reply)
  return {
    text,
    langs,
    languages: foldLanguages(langs),
    tags: foldTags([...valuesOf(facets, 'tag'), ...readStrings(record.tags, maxTags, maxKey)]),
    domains: domainsOf(links),
    mentions: unique(valuesOf(facets, 'mention'), maxMentions),
    emoji: readEmoji(text).slice(0, maxEmoji),
    facets,
    media: embed.media,
    quote: embed.quote,
    parent: readStrongRef(reply.parent),
    root: readStrongRef(reply.root),
    client: readClient(record.via),
    labels: readLabels(record.labels),
    createdAtUs: readCreatedAt(createdAtRaw, timeUs),
    createdAtRaw,
  }
}

/** A hashtag as it is counted: NFKC, lower case, without a leading #. Empty where nothing is left. */
export function foldTag(tag: string): string {
  return cleanText(tag).normalize('NFKC').toLowerCase().replace(/^#+/, '').trim()
}

/** A reference to a record: `uri` and, mostly, `cid`. @see lexicon com.atproto.repo.strongRef */
function readStrongRef(value: unknown): StrongRef | null {
  const { uri, cid } = Object(value)
  if (typeof uri !== 'string' || uri === '' || uri.length > maxUri) return null
  return { uri: cleanText(uri), cid: typeof cid === 'string' ? cleanText(cid.slice(0, 256)) : null }
}

function foldTags(tags: readonly string[]): string[] {
  return unique(
    tags.map(foldTag).filter((tag) => tag !== '' && Buffer.byteLength(tag) <= maxKey),
    maxTags,
  )
}

function linksOf(facets: readonly Facet[], media: Media | null): string[] {
  const links = valuesOf(facets, 'link')
  if (media?.external) links.push(media.external.uri)
  return links
}

function domainsOf(links: readonly string[]): string[] {
  const domains = links
    .filter((link) => /^https?:\/\//i.test(link))
    .map((link) => getDomain(link, { validateHostname: true }))
    .filter((domain) => domain !== null)
  return unique(
    domains.map((domain) => domain.toLowerCase()),
    maxDomains,
  )
}

function readLabels(labels: unknown): string[] {
  const values: unknown = Object(labels).values
  if (!Array.isArray(values)) return []
  return readStrings(
    values.map((label): unknown => Object(label).val),
    10,
    128,
  )
}

/** No lexicon has the field; several programs write their name into it. */
function readClient(via: unknown): string | null {
  if (typeof via !== 'string' || via.length > maxClient) return null
  return cleanText(via).trim() || null
}

function readCreatedAt(raw: string | null, timeUs: TimeUs): TimeUs | null {
  const us = raw === null ? null : readTimeUs(raw)
  return us === null || us < 0 || us > timeUs + maxClockSkewUs ? null : us
}

function readStrings(value: unknown, most: number, maxLength: number): string[] {
  if (!Array.isArray(value)) return []
  return value
    .slice(0, most)
    .filter(
      (item): item is string => typeof item === 'string' && item !== '' && item.length <= maxLength,
    )
    .map(cleanText)
}

function valuesOf(facets: readonly Facet[], kind: Facet['kind']): string[] {
  return facets.filter((facet) => facet.kind === kind).map((facet) => facet.value)
}

function unique(values: readonly string[], most: number): string[] {
  return [...new Set(values)].slice(0, most)
}
