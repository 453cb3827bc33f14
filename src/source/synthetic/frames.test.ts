import { getDomain } from 'tldts'
import { expect, test } from 'vitest'
import { decodeFrame } from '../../event/decode.ts'
import type { CommitEvent, NetworkEvent } from '../../event/event.ts'
import { readPostFacts } from '../../event/post-facts.ts'
import { readTidUs } from '../../event/tid.ts'
import { createSecondFrames, type TimedFrame } from './frames.ts'
import { type Mix, type MixName, mixes } from './mix.ts'
import type { NetworkOptions } from './network.ts'

/** 15:40 UTC, the hour at which the real network was measured; on the two presets' dates. */
const begins = { '2025-03': Date.UTC(2025, 2, 24, 15, 40), '2026-07': Date.UTC(2026, 6, 4, 15, 40) }
const seconds = 300

type Preset = Omit<NetworkOptions, 'mix'> & { readonly mix: MixName }

interface Recorded {
  readonly frames: readonly TimedFrame[]
  readonly events: readonly NetworkEvent[]
  readonly commits: readonly CommitEvent[]
}

function record(options: Preset, count = seconds): Recorded {
  const framesOf = createSecondFrames(options)
  const first = begins[options.mix] / 1_000
  const frames = Array.from({ length: count }, (_, i) => framesOf(first + i)).flat()
  const events = frames.map(({ text, timeUs }) => {
    const event = decodeFrame(Buffer.from(text), timeUs)
    if (event.kind === 'rejected') throw new Error(`${event.reason}: ${text}`)
    return event
  })
  return { frames, events, commits: events.filter((event) => event.kind === 'commit') }
}

const options = (mix: MixName): Preset => ({ seed: 7, rate: 150, mix })
const recorded = { '2025-03': record(options('2025-03')), '2026-07': record(options('2026-07')) }
const both = Object.keys(recorded) as MixName[]
const uriOf = ({ did, collection, rkey }: CommitEvent) => `at://${did}/${collection}/${rkey}`
const createsOf = ({ commits }: Recorded, name: string) =>
  commits.flatMap((commit) =>
    commit.operation === 'create' && commit.collection.endsWith(`.${name}`) ? [commit] : [],
  )

test.each(both)('%s: the shares add up to everything', (name) => {
  const mix: Mix = mixes[name]
  const shares = [...Object.values(mix.creates), ...Object.values(mix.deletes), mix.incidents]
  shares.push(mix.creates.identity * mix.identityWithAccount)
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 0)
})

test('the same seed gives the same bytes in whatever order seconds are asked for', () => {
  const first = begins['2026-07'] / 1_000
  const framesOf = createSecondFrames({ ...options('2026-07'), rate: 50 })
  const backwards = createSecondFrames({ ...options('2026-07'), rate: 50 })
  const forth = Array.from({ length: 40 }, (_, i) => framesOf(first + i))
  const back = Array.from({ length: 40 }, (_, i) => backwards(first + 39 - i)).toReversed()
  expect(back).toEqual(forth)
  expect(createSecondFrames({ ...options('2026-07'), seed: 8, rate: 50 })(first)).not.toEqual(
    forth[0],
  )
})

test.each(both)('%s: times rise strictly and lie in their seconds', (name) => {
  const { frames, events } = recorded[name]
  const times = frames.map(({ timeUs }) => timeUs)
  expect(times.every((timeUs, i) => i === 0 || timeUs > (times[i - 1] ?? 0))).toBe(true)
  expect(events.map(({ timeUs }) => timeUs)).toEqual(frames.map(({ timeUs }) => timeUs))
  expect(frames[0]?.timeUs).toBeGreaterThanOrEqual(begins[name] * 1_000)
  expect(frames.at(-1)?.timeUs).toBeLessThan((begins[name] + seconds * 1_000) * 1_000)
})

test.each(both)('%s: revisions rise for each account, and one commit has one', (name) => {
  const newest = new Map<string, { rev: string; paths: Set<string> }>()
  const wrong: CommitEvent[] = []
  for (const commit of recorded[name].commits) {
    const before = newest.get(commit.did)
    const path = `${commit.collection}/${commit.rkey}`
    if (before?.rev === commit.rev) {
      if (before.paths.has(path)) wrong.push(commit)
      before.paths.add(path)
    } else {
      if (commit.rev < (before?.rev ?? '')) wrong.push(commit)
      newest.set(commit.did, { rev: commit.rev, paths: new Set([path]) })
    }
  }
  expect(wrong).toEqual([])
})

test.each(both)('%s: kinds come in the shares of the preset', (name) => {
  const { commits, events } = recorded[name]
  const share = (collection: string, operation: string) =>
    (100 *
      commits.filter((c) => c.collection.endsWith(`.${collection}`) && c.operation === operation)
        .length) /
    events.length
  const mix: Mix = mixes[name]
  expect(share('like', 'create') / mix.creates.like).toBeCloseTo(1, 1)
  expect(share('repost', 'create') / mix.creates.repost).toBeCloseTo(1, 1)
  expect(share('post', 'create') / mix.creates.post).toBeCloseTo(1, 1)
  expect(Math.abs(share('follow', 'create') / mix.creates.follow - 1)).toBeLessThan(0.3)
  expect(Math.abs(share('follow', 'delete') / mix.deletes.follow - 1)).toBeLessThan(0.3)
  expect(Math.abs(share('post', 'delete') / mix.deletes.post - 1)).toBeLessThan(0.3)
  expect(share('profile', 'update')).toBeGreaterThan(0.2)
  const identities = (100 * events.filter(({ kind }) => kind === 'identity').length) / events.length
  expect(Math.abs(identities / mix.creates.identity - 1)).toBeLessThan(0.25)
})

test('the presets differ in what changed on the network', () => {
  const via = ({ commits }: Recorded) =>
    commits.filter((c) => c.operation === 'create' && 'via' in c.record).length
  expect(via(recorded['2025-03'])).toBe(0)
  expect(via(recorded['2026-07'])).toBeGreaterThan(0)
  const handles = ({ events }: Recorded) =>
    events.filter((event) => event.kind === 'identity' && event.handle !== null).length
  expect(handles(recorded['2026-07'])).toBeLessThan(handles(recorded['2025-03']) / 2)
  expect(recorded['2026-07'].commits.some((c) => c.collection.startsWith('example.'))).toBe(true)
})

test('a second varies as on the network: Poisson, and a stall with its catch-up about once a minute', () => {
  const { frames } = recorded['2025-03']
  const rates = new Array<number>(seconds).fill(0)
  for (const { timeUs } of frames) {
    const second = Math.floor(timeUs / 1e6) - begins['2025-03'] / 1_000
    rates[second] = (rates[second] ?? 0) + 1
  }
  const mean = frames.length / seconds
  const sorted = rates.toSorted((a, b) => a - b)
  expect(Math.abs((sorted[150] ?? 0) / mean - 1)).toBeLessThan(0.03)
  expect((sorted[285] ?? 0) / mean).toBeLessThan(1.3)
  expect(sorted.filter((rate) => rate < mean / 2).length).toBeGreaterThanOrEqual(3)
  expect(sorted.filter((rate) => rate > mean * 1.4).length).toBeGreaterThanOrEqual(3)
})

// Wanted values: five minutes of 2025-03-24, section 5 of the traffic measurements, scaled to the events there are.
test.each([
  ['likes per liker', 'like', 'did', { mean: 3.07, singles: 0.46, p99: 19 }],
  ['posts per author', 'post', 'did', { mean: 1.35, singles: 0.79, p99: 5 }],
  ['reposts per reposter', 'repost', 'did', { mean: 2.03, singles: 0.64, p99: 12 }],
  ['likes per post', 'like', 'subject', { mean: 1.83, singles: 0.8, p99: 15 }],
  ['reposts per post', 'repost', 'subject', { mean: 1.66, singles: 0.8, p99: 12 }],
] as const)('%s are as unequal as on the network', (_, collection, by, wanted) => {
  const counts = new Map<string, number>()
  for (const commit of createsOf(recorded['2025-03'], collection)) {
    const key = by === 'did' ? commit.did : subjectUri(commit.record.subject)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const values = [...counts.values()].sort((a, b) => b - a)
  const total = values.reduce((sum, value) => sum + value, 0)
  expect(Math.abs(total / values.length / wanted.mean - 1)).toBeLessThan(0.15)
  expect(
    Math.abs(values.filter((n) => n === 1).length / values.length - wanted.singles),
  ).toBeLessThan(0.08)
  expect(
    Math.abs(Math.log2((values[Math.floor(values.length / 100)] ?? 1) / wanted.p99)),
  ).toBeLessThan(0.6)
})

test('likes fall on posts of all ages, some of the same minutes with the CID they were made with', () => {
  const made = new Map(createsOf(recorded['2026-07'], 'post').map((post) => [uriOf(post), post]))
  const ages: number[] = []
  let known = 0
  for (const {
    record: { subject },
    timeUs,
  } of createsOf(recorded['2026-07'], 'like')) {
    const uri = subjectUri(subject)
    ages.push((timeUs - (readTidUs(uri.split('/').at(-1) ?? '') ?? 0)) / 1e6)
    const post = made.get(uri)
    if (!post) continue
    known += 1
    expect(post.timeUs).toBeLessThan(timeUs)
    expect(post.cid).toBe((subject as { cid: string }).cid)
  }
  ages.sort((a, b) => a - b)
  const at = (share: number) => ages[Math.floor(share * ages.length)] ?? 0
  expect(known / ages.length).toBeGreaterThan(0.03)
  expect(known / ages.length).toBeLessThan(0.09)
  expect(at(0.5)).toBeGreaterThan(3_000)
  expect(at(0.5)).toBeLessThan(15_000)
  expect(at(0.95)).toBeGreaterThan(5 * 86_400)
})

test('about one delete in eight names a record of these minutes, the others older ones; none is named twice', () => {
  const made = new Map(
    recorded['2026-07'].commits.flatMap((c) =>
      c.operation === 'create' ? [[uriOf(c), c.timeUs]] : [],
    ),
  )
  const deleted = new Set<string>()
  let known = 0
  for (const commit of recorded['2026-07'].commits) {
    if (commit.operation !== 'delete') continue
    const uri = uriOf(commit)
    expect(deleted.has(uri)).toBe(false)
    deleted.add(uri)
    const madeUs = made.get(uri)
    if (madeUs !== undefined) {
      known += 1
      expect(madeUs).toBeLessThan(commit.timeUs)
    } else {
      expect(readTidUs(commit.rkey)).toBeLessThan(begins['2026-07'] * 1_000 + 50e6)
    }
  }
  expect(known / deleted.size).toBeGreaterThan(0.06)
  expect(known / deleted.size).toBeLessThan(0.2)
})

test('no record is made twice', () => {
  const uris = recorded['2025-03'].commits.filter((c) => c.operation === 'create').map(uriOf)
  expect(new Set(uris).size).toBeGreaterThan(uris.length - 20) // profiles may be written again
})

test('posts have the features of real posts, in their shares', () => {
  const posts = createsOf(recorded['2026-07'], 'post').map(({ record, timeUs }) => ({
    record,
    facts: readPostFacts(record, timeUs),
  }))
  const share = (holds: (post: (typeof posts)[number]) => boolean) =>
    posts.filter(holds).length / posts.length
  expect(share(({ facts }) => facts.parent !== null)).toBeCloseTo(0.5, 1)
  expect(share(({ record }) => record.embed === undefined)).toBeCloseTo(0.64, 1)
  expect(share(({ facts }) => facts.quote !== null)).toBeCloseTo(0.07, 1)
  expect(share(({ facts }) => facts.media?.kind === 'images')).toBeCloseTo(0.17, 1)
  expect(share(({ facts }) => facts.tags.length > 0)).toBeCloseTo(0.094, 1)
  expect(share(({ facts }) => facts.domains.length > 0)).toBeGreaterThan(0.12)
  expect(share(({ facts }) => facts.mentions.length > 0)).toBeCloseTo(0.027, 2)
  expect(share(({ facts }) => facts.emoji.length > 0)).toBeGreaterThan(0.08)
  expect(share(({ facts }) => facts.text === '')).toBeCloseTo(0.045, 1)
  expect(share(({ record }) => record.langs === undefined)).toBeCloseTo(0.066, 1)
  expect(share(({ facts }) => facts.languages.includes('en'))).toBeCloseTo(0.69, 1)
  expect(share(({ facts }) => facts.languages.includes('ja'))).toBeCloseTo(0.067, 1)
  expect(new Set(posts.flatMap(({ facts }) => facts.languages)).size).toBeGreaterThan(20)
})

test('text, links and names are invented: every host ends in .example and has a registrable domain', () => {
  for (const { record, timeUs } of createsOf(recorded['2026-07'], 'post')) {
    const { facets, media, domains } = readPostFacts(record, timeUs)
    const links = facets.filter(({ kind }) => kind === 'link').map(({ value }) => value)
    if (media?.external) links.push(media.external.uri)
    for (const link of links) {
      expect(new URL(link).hostname.endsWith('.example')).toBe(true)
      expect(domains).toContain(getDomain(link))
    }
  }
})

test('facets mark what they say, counted in UTF-8 bytes', () => {
  let marks = 0
  for (const { record, timeUs } of createsOf(recorded['2026-07'], 'post')) {
    const { facets } = readPostFacts(record, timeUs)
    const bytes = Buffer.from(String(record.text))
    for (const { byteStart, byteEnd, kind, value } of facets) {
      const marked = bytes.subarray(byteStart, byteEnd).toString()
      marks += 1
      if (kind === 'tag') expect(marked).toBe(`#${value}`)
      else if (kind === 'mention') expect(marked).toMatch(/^@[a-z0-9-]+\.example$/)
      else expect(value.slice('https://'.length)).toContain(marked.replace('...', ''))
    }
  }
  expect(marks).toBeGreaterThan(500)
})

test('replies name the root of their thread', () => {
  const posts = new Map(createsOf(recorded['2026-07'], 'post').map((post) => [uriOf(post), post]))
  let nested = 0
  for (const post of posts.values()) {
    const { parent, root } = readPostFacts(post.record, post.timeUs)
    const answered = posts.get(parent?.uri ?? '')
    if (!answered) continue
    const above = readPostFacts(answered.record, answered.timeUs)
    expect(root?.uri).toBe(above.root?.uri ?? parent?.uri)
    if (above.root) nested += 1
  }
  expect(nested).toBeGreaterThan(30)
})

test('accounts are taken away and some come back; what is gone says nothing more', () => {
  const framesOf = createSecondFrames({ seed: 3, rate: 12, mix: '2026-07' })
  const first = begins['2026-07'] / 1_000
  const gone = new Set<string>()
  const statuses = new Set<string | null>()
  for (let second = first; second < first + 3 * 3_600; second++) {
    for (const { text } of framesOf(second)) {
      const did = text.slice('{"did":"'.length, '{"did":"'.length + 32)
      if (!text.includes('"kind":"account"')) {
        if (gone.has(did)) throw new Error(`${did} is gone: ${text}`)
        continue
      }
      const { account } = JSON.parse(text)
      statuses.add(account.status ?? null)
      if (!account.active) gone.add(did)
    }
  }
  expect(gone.size).toBeGreaterThan(50)
  expect(statuses).toEqual(new Set([null, 'takendown', 'deleted', 'deactivated']))
})

test.each([0.1, 5, 5_000])('a network of %d events/s has its rate', (rate) => {
  const framesOf = createSecondFrames({ seed: 1, rate, mix: '2026-07' })
  const span = Math.min(86_400, Math.max(5, 20_000 / rate))
  const first = Date.UTC(2026, 6, 4) / 1_000
  let frames = 0
  const step = 86_400 / span
  for (let i = 0; i < span; i++) frames += framesOf(first + Math.floor(i * step)).length
  expect(Math.abs(frames / span / rate - 1)).toBeLessThan(0.2)
})

function subjectUri(subject: unknown): string {
  return String((subject as { uri?: unknown }).uri)
}
