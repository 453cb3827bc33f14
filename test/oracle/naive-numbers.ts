/**
 * All numbers that a history of events must come to, computed the slow and obvious way: who is hidden, what is gone, the last
 * operation on every record, and then plain sets and sums. Shares no code with the program.
 */
import { cutsOf, foldNaively, hiddenAccounts, type Line } from './naive-model.ts'

export interface NaiveNumbers {
  /** `minute|hour|day bucket dimension key` → how many rows. */
  readonly counts: Record<string, number>
  /** The same keys → how many accounts; hours and days, and what accounts did under the dimension active. */
  readonly authors: Record<string, number>
  /** `subject hour` → likes, reposts, replies, quotes; the subject as AT-URI. */
  readonly engagement: Record<string, readonly number[]>
  /** `subject day` → follows, unfollows, blocks, unblocks; the subject as DID. */
  readonly ties: Record<string, readonly number[]>
  /** Record → its last operation and whether it is hidden. */
  readonly rows: Record<string, string>
}

const kindOf: Readonly<Record<string, string>> = {
  'app.bsky.feed.post': 'post',
  'app.bsky.feed.like': 'like',
  'app.bsky.feed.repost': 'repost',
  'app.bsky.graph.follow': 'follow',
}
const ties: Readonly<Record<string, readonly [number, number]>> = {
  'app.bsky.graph.follow': [0, 1],
  'app.bsky.graph.block': [2, 3],
}
const authored = ['language', 'tag', 'domain', 'mention', 'emoji']
const withoutMinutes = ['mention', 'emoji']

/** @param lines of a whole history, in any order of which the accounts' own order is kept */
export function numbersOf(lines: readonly string[]): NaiveNumbers {
  const events = lines.map((line) => JSON.parse(line) as Line)
  const hidden = hiddenAccounts(events)
  const cuts = cutsOf(events)
  const numbers: NaiveNumbers = { counts: {}, authors: {}, engagement: {}, ties: {}, rows: {} }
  const authors = new Map<string, Set<string>>()
  const saw = (key: string, did: string) => {
    const known = authors.get(key) ?? new Set()
    authors.set(key, known.add(did))
  }
  for (const { did, time_us: us, commit } of events) {
    if (!commit) continue
    const kind = kindOf[commit.collection] ?? 'other'
    saw(`minute ${bucket(us, 'minute')} active any`, did)
    saw(`hour ${bucket(us, 'hour')} active any`, did)
    saw(`day ${bucket(us, 'day')} active any`, did)
    saw(`day ${bucket(us, 'day')} active ${kind}`, did)
  }
  for (const did of new Set(events.filter(({ commit }) => commit).map(({ did }) => did))) {
    const times = events.filter((event) => event.did === did && event.commit)
    saw(`day ${bucket(Math.min(...times.map(({ time_us }) => time_us)), 'day')} active new`, did)
  }
  for (const line of foldNaively(lines)) {
    const { did, time_us: us, kind, commit } = line
    if (commit && commit.rev < (cuts.get(did) ?? '')) continue
    const collection = commit?.collection ?? `$${kind}`
    const operation = commit?.operation ?? 'update'
    const isHidden = commit !== undefined && hidden.has(did)
    numbers.rows[nameOf(line)] = `${operation}${isHidden ? ' hidden' : ''}`
    if (isHidden) continue
    const live = collection === 'app.bsky.feed.post' && operation !== 'delete'
    const record = commit?.record ?? {}
    const keys = [...keysOfRow(collection, operation, us), ...(live ? keysOfPost(record) : [])]
    for (const [dimension, key] of keys) {
      for (const grain of ['minute', 'hour', 'day'] as const) {
        if (grain === 'minute' && withoutMinutes.includes(dimension)) continue
        if (grain !== 'day' && dimension === 'hour-of-week') continue
        const name = `${grain} ${bucket(us, grain)} ${dimension} ${key}`
        numbers.counts[name] = (numbers.counts[name] ?? 0) + 1
        if (grain !== 'minute' && authored.includes(dimension)) saw(name, did)
      }
    }
    if (live) {
      engage(numbers.engagement, uriOf(Object(record.reply).parent), us, 2)
      engage(numbers.engagement, uriOf(Object(record.embed).record), us, 3)
    } else if (operation !== 'delete') {
      if (collection === 'app.bsky.feed.like')
        engage(numbers.engagement, uriOf(record.subject), us, 0)
      if (collection === 'app.bsky.feed.repost')
        engage(numbers.engagement, uriOf(record.subject), us, 1)
    }
    const tie = ties[collection]
    if (!tie) continue
    const subject = operation === 'delete' ? formerSubject(events, line) : record.subject
    if (typeof subject !== 'string') continue
    add(numbers.ties, `${subject} ${bucket(us, 'day')}`, operation === 'delete' ? tie[1] : tie[0])
  }
  for (const [key, dids] of authors) numbers.authors[key] = dids.size
  return numbers
}

/** Whom a follow was about that has ended: as its last version before the end said. */
function formerSubject(events: readonly Line[], { did, commit }: Line): unknown {
  const versions = events.filter(
    (event) =>
      event.did === did &&
      event.commit?.collection === commit?.collection &&
      event.commit?.rkey === commit?.rkey &&
      event.commit?.record !== undefined,
  )
  const last = versions.toSorted((a, b) => ((a.commit?.rev ?? '') < (b.commit?.rev ?? '') ? -1 : 1))
  return last.at(-1)?.commit?.record?.subject
}

function nameOf({ did, kind, commit, identity, account, sync }: Line): string {
  if (commit) return `at://${did}/${commit.collection}/${commit.rkey}`
  return `${did} ${kind} ${identity?.seq ?? account?.seq ?? sync?.rev}`
}

function keysOfRow(collection: string, operation: string, us: number): [string, string][] {
  const date = new Date(us / 1000)
  const weekday = date.getUTCDay() === 0 ? 7 : date.getUTCDay()
  return [
    ['collection', collection],
    ['operation', `${collection}/${operation}`],
    ['hour-of-week', `${weekday}-${String(date.getUTCHours()).padStart(2, '0')}`],
  ]
}

function keysOfPost(record: Record<string, unknown>): [string, string][] {
  const keys: [string, string][] = []
  const langs = (record.langs as string[] | undefined) ?? []
  const languages = new Set(langs.map((tag) => (tag.split('-')[0] ?? '').toLowerCase()))
  for (const language of languages.size > 0 ? languages : ['und']) keys.push(['language', language])
  const facets = (record.facets as { features: Record<string, string>[] }[] | undefined) ?? []
  const features = facets.flatMap((facet) => facet.features)
  const tags = [
    ...features.flatMap(({ tag }) => (tag === undefined ? [] : [tag])),
    ...((record.tags as string[] | undefined) ?? []),
  ].map((tag) => tag.normalize('NFKC').toLowerCase().replace(/^#+/, '').trim())
  for (const tag of new Set(tags.filter(Boolean))) keys.push(['tag', tag])
  const mentions = features.flatMap(({ did }) => (did === undefined ? [] : [did]))
  for (const did of new Set(mentions)) keys.push(['mention', did])
  const links = features.flatMap(({ uri }) => (uri === undefined ? [] : [uri]))
  for (const host of new Set(links.map((uri) => new URL(uri).hostname.replace(/^www\./, '')))) {
    keys.push(['domain', host])
  }
  const glyphs = (record.text as string).match(/[🎉👍🦋]/gu) ?? []
  for (const glyph of new Set(glyphs)) keys.push(['emoji', glyph])
  const embed = Object(record.embed)
  const images = embed.images as { alt: string }[] | undefined
  keys.push(['media', images ? 'image' : 'none'])
  if (images) keys.push(['alt', images.some(({ alt }) => alt !== '') ? 'with' : 'without'])
  const kinds = [...(record.reply ? ['reply'] : []), ...(embed.record ? ['quote'] : [])]
  for (const kind of kinds.length > 0 ? kinds : ['original']) keys.push(['kind', kind])
  if (typeof record.via === 'string') keys.push(['client', record.via])
  return keys
}

function uriOf(ref: unknown): string | undefined {
  return Object(ref).uri
}

function engage(
  engagement: Record<string, readonly number[]>,
  uri: string | undefined,
  us: number,
  at: number,
): void {
  if (uri !== undefined) add(engagement, `${uri} ${Math.floor(us / 3_600_000_000)}`, at)
}

function add(tallies: Record<string, readonly number[]>, key: string, at: number): void {
  const known = tallies[key] ?? [0, 0, 0, 0]
  tallies[key] = known.map((n, index) => (index === at ? n + 1 : n))
}

function bucket(us: number, grain: 'minute' | 'hour' | 'day'): string {
  const iso = new Date(us / 1000).toISOString()
  return iso.slice(0, { minute: 16, hour: 13, day: 10 }[grain])
}
