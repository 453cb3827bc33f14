import { clockOf, handleOf, nameOf } from './accounts.ts'
import { createdAtMember, isoMs } from './clocks.ts'
import { nsid } from './collections.ts'
import type { Draws } from './draws.ts'
import { type Happening, revOf } from './happening.ts'
import { cidText, tidText } from './ids.ts'
import { jsonBlob, jsonText, writeFrame } from './json.ts'
import { languages } from './languages.ts'
import type { Network } from './network.ts'
import { createWeighted } from './skew.ts'
import type { Slot } from './slots.ts'
import { kindStreams } from './streams.ts'
import { drawText } from './text.ts'
import { topics } from './words/words.ts'

type OtherKind = 'block' | 'listItem' | 'profile' | 'rare' | 'foreign'

interface Written {
  readonly operation?: 'update'
  readonly collection: string
  /** Default: the time of the slot. */
  readonly rkey?: string
  /** Members of the record behind its `$type`. */
  readonly members: string
}

type Write = (network: Network, slot: Slot, draws: Draws) => Written

const writers: Readonly<Record<OtherKind, Write>> = {
  block: (network, slot, draws) => ({
    collection: nsid.block,
    members: `${createdAtMember(slot.claimedUs, draws)}"subject":"${drawDid(network, slot, draws)}"`,
  }),
  listItem: (network, slot, draws) => ({
    collection: nsid.listItem,
    members:
      `${createdAtMember(slot.claimedUs, draws)}"list":"${listOf(slot.did)}",` +
      `"subject":"${drawDid(network, slot, draws)}"`,
  }),
  profile: (_, slot, draws) => ({
    ...(draws.chance(0.85) && { operation: 'update' as const }),
    collection: nsid.profile,
    rkey: 'self',
    members: profileMembers(slot, draws),
  }),
  rare: (network, slot, draws) => rareWriters[rareOf(draws.unit())]?.(network, slot, draws) ?? odd,
  foreign: (network, slot, draws) => draws.pick(foreignWriters)(network, slot, draws),
}

/** Blocks, list items, profiles, and what hardly ever comes, of a second. */
export function otherRecords(network: Network, kind: OtherKind): (second: number) => Happening[] {
  const { slots, traffic } = network
  const draws = network.draws()
  return (second) =>
    Array.from({ length: traffic(kind, second) }, (_, index) => {
      const slot = slots.at(kind, second, index)
      return {
        dueUs: slot.dueUs,
        frames(timeUs) {
          draws.at(kindStreams[kind].content, second, index)
          const written = writers[kind](network, slot, draws)
          return [
            writeFrame({
              did: slot.did,
              timeUs,
              rev: revOf(slot.did, timeUs),
              operation: 'create',
              rkey: slots.rkey(slot),
              cid: slots.cid(slot),
              ...written,
            }),
          ]
        },
      }
    })
}

/** A collection name as a mistaken client writes it. */
const odd: Written = {
  collection: 'app.bsky.graph.starterPack',
  members: '"name":"a starter pack"',
}

const rareWriters: readonly Write[] = [
  (network, slot, draws) => gate(network, slot, draws, 'app.bsky.feed.threadgate', '"allow":[],'),
  (network, slot, draws) => {
    const rules =
      '"detachedEmbeddingUris":[],"embeddingRules":[{"$type":"app.bsky.feed.postgate#disableRule"}],'
    return gate(network, slot, draws, 'app.bsky.feed.postgate', rules)
  },
  (_, slot, draws) => ({
    collection: 'app.bsky.graph.list',
    rkey: listOf(slot.did).slice(-13),
    members:
      `${createdAtMember(slot.claimedUs, draws)}"name":${jsonText(draws.pick(topics))},` +
      '"purpose":"app.bsky.graph.defs#curatelist"',
  }),
  (_, slot, draws) => ({
    collection: 'app.bsky.graph.starterpack',
    members:
      `${createdAtMember(slot.claimedUs, draws)}"list":"${listOf(slot.did)}",` +
      `"name":${jsonText(`people who like ${draws.pick(topics)}`)}`,
  }),
  (network, slot, draws) => ({
    collection: 'app.bsky.graph.listblock',
    members: `${createdAtMember(slot.claimedUs, draws)}"subject":"${listOf(drawDid(network, slot, draws))}"`,
  }),
  (_, slot, draws) => ({
    collection: 'app.bsky.feed.generator',
    rkey: `about-${draws.pick(topics)}`,
    members:
      `${createdAtMember(slot.claimedUs, draws)}"did":"did:web:feeds.example",` +
      `"displayName":${jsonText(`All about ${draws.pick(topics)}`)}`,
  }),
  (_, slot, draws) => ({
    operation: 'update',
    collection: 'app.bsky.actor.status',
    rkey: 'self',
    members: `${createdAtMember(slot.claimedUs, draws)}"durationMinutes":${30 + draws.below(200)},"status":"app.bsky.actor.status#live"`,
  }),
  () => odd,
]
const rareOf = createWeighted([37, 17, 28, 27, 80, 7, 30, 1])

const foreignWriters: readonly Write[] = [
  (_, slot, draws) => ({
    operation: 'update',
    collection: 'example.tracklog.actor.status',
    rkey: 'self',
    members: `"item":{"artist":"The ${nameOf(slot.did)[1]}s","track":${jsonText(draws.pick(topics))}},"time":"${isoMs(slot.claimedUs)}"`,
  }),
  (_, slot, draws) => ({
    collection: 'example.tracklog.feed.play',
    members: `"artist":"The ${nameOf(slot.did)[1]}s","durationSeconds":${60 + draws.below(300)},"playedAt":"${isoMs(slot.claimedUs)}"`,
  }),
  (_, slot, draws) => ({
    collection: 'example.bakery.recipe',
    members: `${createdAtMember(slot.claimedUs, draws)}"servings":${1 + draws.below(8)},"title":${jsonText(draws.pick(topics))}`,
  }),
  (_, slot) => ({
    operation: 'update',
    collection: 'example.broadcast.origin',
    rkey: `${slot.did}::did:web:relay.example`,
    members: `"server":"did:web:relay.example","streamer":"${slot.did}","updatedAt":"${isoMs(slot.claimedUs)}"`,
  }),
]

/** A gate has the key of the post it guards, and the same author. */
function gate(
  { traffic, slots }: Network,
  slot: Slot,
  draws: Draws,
  collection: string,
  rules: string,
): Written {
  const before = slot.second - 1 - draws.below(20)
  const count = traffic('post', before)
  const post = count > 0 ? slots.at('post', before, draws.below(count)) : slot
  const uri = `at://${post.did}/${nsid.post}/${slots.rkey(post)}`
  return {
    collection,
    rkey: slots.rkey(post),
    members: `${collection.endsWith('threadgate') ? rules : ''}${createdAtMember(slot.claimedUs, draws)}${collection.endsWith('postgate') ? rules : ''}"post":"${uri}"`,
  }
}

function profileMembers(slot: Slot, draws: Draws): string {
  const avatar = draws.chance(0.8)
    ? `"avatar":${jsonBlob(cidText(draws, 'blob'), 'image/jpeg', 20_000 + draws.below(700_000))},`
    : ''
  const words = languages[slot.account.language]?.words
  const about = words
    ? drawText(draws, words, { topic: draws.pick(topics), length: 80, reply: false })
    : ''
  const name = nameOf(slot.did)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
  const website = draws.chance(0.1) ? `,"website":"https://${handleOf(slot.did)}"` : ''
  return (
    `${avatar}${createdAtMember(slot.claimedUs, draws)}"description":${jsonText(about)},` +
    `"displayName":${jsonText(name)}${website}`
  )
}

function drawDid({ accounts }: Network, slot: Slot, draws: Draws): string {
  return accounts.didOf(accounts.draw('post', slot.second, draws))
}

/** The one list of an account. */
function listOf(did: string): string {
  const madeUs = 1_690_000_000_000_000 + did.charCodeAt(20) * 1e9
  return `at://${did}/app.bsky.graph.list/${tidText(madeUs, clockOf(did))}`
}
