import fc from 'fast-check'
import { formatTid } from '../../src/event/tid.ts'
import { account, baseUs, commit, identity } from '../support/events.ts'

/** Accounts of a network; each has a history of its own, and they point at one another. */
const accounts = 30
const rkeys = ['3mptbypdnwe2h', '3mptbypdnwe2i', 'self'] as const
const collections = [
  'app.bsky.feed.post',
  'app.bsky.feed.like',
  'app.bsky.feed.repost',
  'app.bsky.graph.follow',
  'app.bsky.graph.block',
  'app.bsky.actor.profile',
] as const

const did = fc.nat({ max: accounts - 1 }).map((n) => `did:plc:account${n}`)
const postUri = fc
  .tuple(did, fc.constantFrom(...rkeys))
  .map(([author, rkey]) => ({ uri: `at://${author}/app.bsky.feed.post/${rkey}` }))
const tag = (name: string) => ({ $type: 'app.bsky.richtext.facet#tag', tag: name })

const post = fc
  .record(
    {
      text: fc.constantFrom('plain', 'party 🎉', '👍🏽👍 twice', 'a 🦋 and a 🎉'),
      langs: fc.array(fc.constantFrom('en', 'en-US', 'pt', 'ja'), { maxLength: 2 }),
      tags: fc.array(fc.constantFrom('Rye', 'rye', '#eclipse', 'Ｒye', ''), { maxLength: 3 }),
      features: fc.array(
        fc.oneof(
          fc.constantFrom(tag('rye'), tag('Moon')),
          did.map((mentioned) => ({
            $type: 'app.bsky.richtext.facet#mention',
            did: mentioned,
          })),
          fc.constantFrom('https://www.news.example/a', 'https://other.example').map((uri) => ({
            $type: 'app.bsky.richtext.facet#link',
            uri,
          })),
        ),
        { maxLength: 3 },
      ),
      parent: postUri,
      embed: fc.oneof(
        postUri.map((record) => ({ $type: 'app.bsky.embed.record', record })),
        fc.constantFrom('', 'a cat').map((alt) => ({
          $type: 'app.bsky.embed.images',
          images: [{ alt }],
        })),
      ),
      via: fc.constantFrom('Kite', 'Deck'),
    },
    { requiredKeys: ['text'] },
  )
  .map(({ features, parent, ...record }) => ({
    ...record,
    ...(features && {
      facets: features.map((feature) => ({
        index: { byteStart: 0, byteEnd: 1 },
        features: [feature],
      })),
    }),
    ...(parent && { reply: { parent, root: parent } }),
  }))

const statuses = ['deleted', 'takendown', 'suspended', 'deactivated', 'desynchronized', undefined]

const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      rkey: fc.constantFrom(...rkeys),
      collection: fc.constantFrom(...collections),
      operation: fc.constantFrom('create', 'create', 'update', 'delete'),
      post,
      subjectPost: postUri,
      subjectAccount: did,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('account' as const),
      active: fc.boolean(),
      status: fc.constantFrom(...statuses),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('identity' as const, 'sync' as const) }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/**
 * Events as a host sends them: accounts interleaved, each account's in order, with repeats of what came before. Steps are from
 * a second to an hour apart, so that a history crosses minutes, hours and a midnight.
 */
export const history: fc.Arbitrary<object[]> = fc
  .tuple(
    fc.array(fc.record({ did, step, seconds: fc.constantFrom(1, 20, 61, 1_900, 3_700) }), {
      minLength: 1,
      maxLength: 300,
    }),
    fc.array(fc.nat({ max: 299 }), { maxLength: 30 }),
  )
  .map(([steps, repeats]) => {
    let us = 0
    const ended = new Map<string, Set<string>>()
    const events = steps.flatMap(({ did: author, step: parts, seconds }, index) => {
      us += seconds * 1_000_000 + 1
      const event = eventOf(author, parts, { us, index })
      return isPossible(event, ended) ? [event] : []
    })
    return [...events, ...repeats.flatMap((at) => events[at % events.length] ?? [])]
  })

function eventOf(
  author: string,
  parts: Step,
  { us, index }: { us: number; index: number },
): object {
  switch (parts.kind) {
    case 'identity':
      return identity(author, us, `name${index}.example`)
    case 'account':
      return account(author, us, parts.active, parts.active ? undefined : parts.status)
    case 'sync':
      return {
        did: author,
        time_us: baseUs + us,
        kind: 'sync',
        sync: { did: author, rev: formatTid(baseUs + us, 0) },
      }
    case 'commit': {
      const { collection, rkey, operation } = parts
      return commit({ did: author, collection, rkey, operation, atUs: us, record: recordOf(parts) })
    }
    default:
      return parts satisfies never
  }
}

function recordOf(parts: Step & { kind: 'commit' }): object {
  switch (parts.collection) {
    case 'app.bsky.feed.post':
      return parts.post
    case 'app.bsky.feed.like':
    case 'app.bsky.feed.repost':
      return { subject: parts.subjectPost }
    case 'app.bsky.graph.follow':
    case 'app.bsky.graph.block':
      return { subject: parts.subjectAccount }
    default:
      return { displayName: 'somebody' }
  }
}

interface Parts {
  readonly did: string
  readonly kind: string
  readonly account?: { readonly active: boolean; readonly status?: string }
  readonly commit?: {
    readonly operation: string
    readonly collection: string
    readonly rkey: string
  }
}

/**
 * What a repository has lost with its account, or in a resync, cannot be deleted from it: an end of a follow that was gone
 * before is left out. (Of ends of what was never seen there are plenty.)
 */
function isPossible(event: object, ended: Map<string, Set<string>>): boolean {
  const { did: author, kind, account: standing, commit: made } = event as Parts
  const gone = kind === 'sync' || (standing?.active === false && standing.status === 'deleted')
  const alive = ended.get(author) ?? new Set<string>()
  ended.set(author, alive)
  if (gone) {
    for (const path of alive) if (!path.startsWith('!')) alive.add(`!${path}`)
    return true
  }
  if (!made) return true
  const path = `${made.collection}/${made.rkey}`
  if (made.operation === 'delete') return !alive.has(`!${path}`)
  alive.add(path)
  alive.delete(`!${path}`)
  return true
}
