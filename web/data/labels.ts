import type { DimensionName } from '#contract/common.ts'
import type { Component } from '#contract/health.ts'

const collections: Readonly<Record<string, string>> = {
  'app.bsky.feed.like': 'Likes',
  'app.bsky.feed.post': 'Posts',
  'app.bsky.feed.repost': 'Reposts',
  'app.bsky.graph.follow': 'Follows',
  'app.bsky.graph.block': 'Blocks',
  'app.bsky.actor.profile': 'Profiles',
  'app.bsky.feed.threadgate': 'Thread gates',
  'app.bsky.feed.postgate': 'Post gates',
  'app.bsky.feed.generator': 'Feed generators',
  'app.bsky.graph.list': 'Lists',
  'app.bsky.graph.listitem': 'List items',
  'app.bsky.graph.listblock': 'List blocks',
  'app.bsky.graph.starterpack': 'Starter packs',
  'app.bsky.graph.verification': 'Verifications',
  'app.bsky.labeler.service': 'Labelers',
  'chat.bsky.actor.declaration': 'Chat settings',
  $identity: 'Identity events',
  $account: 'Account events',
  $sync: 'Sync events',
}

const media: Readonly<Record<string, string>> = {
  image: 'Images',
  video: 'Video',
  card: 'Link card',
  none: 'Nothing attached',
}

const alt: Readonly<Record<string, string>> = {
  with: 'With alt text',
  without: 'Without alt text',
}

const kinds: Readonly<Record<string, string>> = {
  original: 'Original posts',
  reply: 'Replies',
  quote: 'Quotes',
}

/** Monday first, as the keys of hours of the week count them. */
export const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

const operations: Readonly<Record<string, string>> = {
  create: 'written',
  update: 'changed',
  delete: 'deleted',
}

const components: Readonly<Record<Component['name'], string>> = {
  database: 'Database',
  source: 'Source',
  eventlog: 'Event log',
  store: 'Store',
  collections: 'Collections',
  coverage: 'Completeness',
  maintenance: 'Maintenance',
}

/** What a person calls a part of the program. */
export function componentLabel(name: Component['name']): string {
  return components[name]
}

const languageNames = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

/** The collection of posts, the one series that the Posts metric asks for. */
export const postCollection = 'app.bsky.feed.post'

/** What a person calls a key. Keys without a name of their own are shown as they are. */
export function keyLabel(dimension: DimensionName, key: string): string {
  switch (dimension) {
    case 'collection':
      return collections[key] ?? key
    case 'operation':
      return operationLabel(key)
    case 'language':
      return languageLabel(key)
    case 'tag':
      return `#${key}`
    case 'domain':
    case 'mention':
    case 'emoji':
    case 'client':
      return key
    case 'media':
      return media[key] ?? key
    case 'alt':
      return alt[key] ?? key
    case 'kind':
      return kinds[key] ?? key
    case 'hour-of-week':
      return hourLabel(key)
    default:
      return dimension satisfies never
  }
}

/** Keys of operations name the collection too: `app.bsky.feed.like/create`. */
function operationLabel(key: string): string {
  const slash = key.lastIndexOf('/')
  const collection = key.slice(0, Math.max(0, slash))
  const operation = key.slice(slash + 1)
  return `${collections[collection] ?? collection} ${operations[operation] ?? operation}`.trim()
}

/** `1-09` is Monday from 9 to 10 o'clock, UTC. */
function hourLabel(key: string): string {
  const [weekday, hour] = key.split('-')
  const name = weekdays[Number(weekday) - 1]
  return name && hour ? `${name} ${hour}:00` : key
}

function languageLabel(code: string): string {
  if (code === 'und') return 'Undeclared'
  try {
    return languageNames.of(code) ?? code
  } catch {
    return code // not a language code at all; authors declare what they like
  }
}
