import type { Quantiles } from './skew.ts'

/** What can happen, apart from deletes and what befalls accounts. */
export const kinds = [
  'like',
  'repost',
  'follow',
  'post',
  'block',
  'listItem',
  'profile',
  'rare',
  'foreign',
  'identity',
] as const
export type Kind = (typeof kinds)[number]

export const deletableKinds = ['like', 'repost', 'follow', 'post', 'block'] as const
export type DeletableKind = (typeof deletableKinds)[number]

/** A state of the network as shares. Percent of all events unless said otherwise. */
export interface Mix {
  readonly creates: Readonly<Record<Kind, number>>
  readonly deletes: Readonly<Record<DeletableKind, number>>
  /** Account events that take an account away or bring it back. */
  readonly incidents: number
  /** Share of identity events that an account event (active) follows at once. */
  readonly identityWithAccount: number
  /** Share of identity events that name the handle. */
  readonly identityWithHandle: number
  /** Share of likes and reposts that came through somebody's repost. */
  readonly via: { readonly like: number; readonly repost: number }
}

export const mixes = {
  '2025-03': {
    creates: {
      like: 62.1,
      repost: 10,
      follow: 12,
      post: 10.9,
      block: 0.7,
      listItem: 0.35,
      profile: 0.5,
      rare: 0.05,
      foreign: 0.03,
      identity: 0.11,
    },
    deletes: { like: 0.5, repost: 0.25, follow: 1.6, post: 0.5, block: 0.1 },
    incidents: 0.025,
    identityWithAccount: 1,
    identityWithHandle: 1,
    via: { like: 0, repost: 0 },
  },
  '2026-07': {
    creates: {
      like: 66,
      repost: 10,
      follow: 5.5,
      post: 11,
      block: 1,
      listItem: 0.7,
      profile: 0.7,
      rare: 0.3,
      foreign: 0.8,
      identity: 0.35,
    },
    deletes: { like: 0.8, repost: 0.3, follow: 1.5, post: 0.7, block: 0.05 },
    incidents: 0.063,
    identityWithAccount: 0.82,
    // Absent on nearly every event of the network; a few are kept so that accounts with a name can be seen.
    identityWithHandle: 0.1,
    via: { like: 0.17, repost: 0.4 },
  },
} as const satisfies Record<string, Mix>
export type MixName = keyof typeof mixes

/**
 * How unequally a kind's events fall on what they fall on, within five minutes. Ranks and offset are multiples of the number
 * of such events in five minutes, so that the shape does not depend on the rate. Fitted to 184,064 events of 2025-03-24.
 */
export interface RelativeSkew {
  readonly ranks: number
  readonly slope: number
  readonly offset: number
}

const manyOnce: RelativeSkew = { ranks: 2, slope: 0.6, offset: 0.00005 }
export const actorSkew: Readonly<Record<Kind, RelativeSkew>> = {
  like: { ranks: 0.3, slope: 0.95, offset: 0.003 },
  repost: { ranks: 0.6, slope: 0.8, offset: 0.001 },
  follow: manyOnce,
  post: manyOnce,
  block: manyOnce,
  listItem: manyOnce,
  profile: manyOnce,
  rare: manyOnce,
  foreign: manyOnce,
  identity: manyOnce,
}

/** How posts are chosen to be liked, reposted, answered or quoted. */
export interface Attention {
  readonly skew: RelativeSkew
  /** Share that goes to any post of the last minutes, whoever wrote it. */
  readonly fresh: number
  /** Seconds of age of the others, when they come up. */
  readonly ages: Quantiles
}

const likedAges: Quantiles = [
  [0, 300],
  [0.117, 600],
  [0.41, 3_300],
  [0.706, 54_700],
  [0.94, 864_000],
  [0.988, 10_700_000],
  [1, 50_000_000],
]
const answeredAges: Quantiles = [
  [0, 30],
  [0.35, 900],
  [0.65, 7_200],
  [0.93, 86_400],
  [1, 2_000_000],
]
export const attention = {
  like: { skew: { ranks: 1.4, slope: 0.9, offset: 0.00006 }, fresh: 0.15, ages: likedAges },
  repost: { skew: { ranks: 1, slope: 0.8, offset: 0.0001 }, fresh: 0.1, ages: likedAges },
  reply: { skew: { ranks: 1, slope: 0.7, offset: 0.001 }, fresh: 0.5, ages: answeredAges },
  quote: { skew: { ranks: 1, slope: 0.8, offset: 0.0005 }, fresh: 0.2, ages: answeredAges },
} as const satisfies Record<string, Attention>
export type AttentionKind = keyof typeof attention

/** Seconds between a record's creation and its delete: 52 deletes of three samples. */
export const deletedAges: Quantiles = [
  [0, 4],
  [0.1, 60],
  [0.12, 300],
  [0.23, 3_600],
  [0.52, 86_400],
  [0.8, 4_000_000],
  [1, 52_000_000],
]

/** Follows of one account in a row: most are one, the others a power law. */
export const followRuns = { singles: 0.72, alpha: 1.93, cap: 1_400, longestSeconds: 120 } as const

/** Shares of posts. */
export const postShares = {
  thread: 0.008,
  reply: 0.5,
  quote: 0.07,
  images: 0.165,
  altText: 0.16,
  video: 0.013,
  linkCard: 0.11,
  hashtags: 0.094,
  tagsField: 0.008,
  links: 0.105,
  mentions: 0.027,
  emoji: 0.14,
  selfLabels: 0.003,
  langsMissing: 0.066,
  langsEmpty: 0.001,
  twoLangs: 0.007,
  /** Of the posts that show an image or a card. */
  emptyText: 0.14,
} as const
