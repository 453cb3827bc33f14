import { formatTid } from '../../src/event/tid.ts'
import { account, baseUs, commit, identity } from './events.ts'

export interface HistoryOptions {
  readonly seed: number
  readonly events: number
  readonly accounts?: number
  /** Over so much network time they are spread, µs; standard is 30 hours. */
  readonly spanUs?: number
  /** µs after `baseUs`. */
  readonly startUs?: number
}

const tags = ['rye', 'sourdough', 'Brot', '写真', 'a-b']
const languages = ['en', 'pt-BR', 'de', 'ja', 'not a language']
const texts = ['hello', 'good 🎉', '👋🏽 and 👋', 'two 🎉 🐈', '']

interface Made {
  readonly did: string
  readonly collection: string
  readonly rkey: string
}

/**
 * Messages of everything that numbers are made from: posts of all kinds, what points at them, updates, deletes, records that come
 * twice or late, accounts that hide, come back and go. The same for the same seed.
 */
export function variedHistory(options: HistoryOptions): object[] {
  const { seed, events, accounts = 12, spanUs = 30 * 3_600_000_000, startUs = 0 } = options
  const next = randomOf(seed)
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)]
  const didOf = (n: number) => `did:plc:${String(n).padStart(24, 'a')}`
  const anyDid = () => didOf(Math.floor(next() * accounts))
  const made: Made[] = []
  const posts: string[] = []
  const messages: object[] = []
  for (let i = 0; i < events; i++) {
    const atUs = startUs + Math.floor((i / events) * spanUs)
    const did = anyDid()
    const rkey = formatTid(baseUs + atUs, Math.floor(next() * 1_000))
    const create = (collection: string, record: object) => {
      made.push({ did, collection, rkey })
      messages.push(
        commit({ did, collection, rkey, atUs, record: { $type: collection, ...record } }),
      )
    }
    const chance = next()
    if (chance < 0.35) {
      create('app.bsky.feed.post', post())
      posts.push(`at://${did}/app.bsky.feed.post/${rkey}`)
    } else if (chance < 0.5) create('app.bsky.feed.like', { subject: { uri: anyPost() } })
    else if (chance < 0.57) create('app.bsky.feed.repost', { subject: { uri: anyPost() } })
    else if (chance < 0.65) create('app.bsky.graph.follow', { subject: anyDid() })
    else if (chance < 0.68) create('app.bsky.graph.block', { subject: anyDid() })
    else if (chance < 0.72) create('com.example.other', {})
    else if (chance < 0.82) {
      const old = pick(made)
      if (!old) continue
      const record = { $type: old.collection, ...post(), subject: { uri: anyPost() } }
      messages.push(commit({ ...old, operation: 'update', atUs, record }))
    } else if (chance < 0.94) {
      const old = pick(made)
      if (old) messages.push(commit({ ...old, operation: 'delete', atUs }))
    } else if (chance < 0.96) messages.push(pick(messages) ?? identity(did, i))
    else if (chance < 0.97) messages.push(identity(did, atUs, `name-${i}.example`))
    else if (chance < 0.98) messages.push(account(did, atUs, false, 'deactivated'))
    else if (chance < 0.995) messages.push(account(did, atUs, true))
    else messages.push(account(did, atUs, false, 'deleted'))
  }
  return messages

  function anyPost(): string {
    return pick(posts) ?? 'at://did:plc:unseen/app.bsky.feed.post/3mptbypdnwe2h'
  }

  function post(): object {
    const record: Record<string, unknown> = { text: pick(texts), langs: some(languages) }
    record.tags = some(tags)
    if (next() < 0.2) record.facets = [mention(anyDid())]
    if (next() < 0.4) record.reply = { parent: { uri: anyPost() }, root: { uri: anyPost() } }
    if (next() < 0.2) record.via = 'Some Client'
    const attached = next()
    if (attached < 0.15) record.embed = images(next() < 0.5 ? 'a cat' : '')
    else if (attached < 0.3) record.embed = card()
    else if (attached < 0.45) {
      record.embed = { $type: 'app.bsky.embed.record', record: { uri: anyPost() } }
    }
    return record
  }

  function some<T>(items: readonly T[]): T[] {
    return items.filter(() => next() < 0.3)
  }
}

function mention(did: string): object {
  return {
    index: { byteStart: 0, byteEnd: 1 },
    features: [{ $type: 'app.bsky.richtext.facet#mention', did }],
  }
}

function images(alt: string): object {
  return { $type: 'app.bsky.embed.images', images: [{ alt }] }
}

function card(): object {
  return {
    $type: 'app.bsky.embed.external',
    external: { uri: 'https://www.news.example/a', title: 'A' },
  }
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
