import { handleOf } from './accounts.ts'
import type { PostPlace } from './attention.ts'
import { createdAtMember } from './clocks.ts'
import { nsid } from './collections.ts'
import type { Draws } from './draws.ts'
import { drawEmbed } from './embeds.ts'
import { FacetText } from './facet-text.ts'
import { type Happening, revOf } from './happening.ts'
import { drawHashtags } from './hashtags.ts'
import { jsonRef, jsonText, type StrongRef, writeFrame } from './json.ts'
import { type Language, languages } from './languages.ts'
import { drawLink } from './links.ts'
import { postShares } from './mix.ts'
import type { Network } from './network.ts'
import { createRanking } from './skew.ts'
import type { Slot } from './slots.ts'
import { kindStreams } from './streams.ts'
import { drawEmoji, drawLength, drawText, longest } from './text.ts'
import { type Topic, topics } from './words/words.ts'

const topicRank = createRanking({ ranks: topics.length, slope: 0.7, offset: 1 })
/** Replies of replies are followed so far to find the root of a thread. */
const deepestThread = 30
/** Writing of a second language beside the first. */
const usualSecond = 'en'

export interface Posts {
  /** The commit of one post, or of a few that make a thread. */
  happening(second: number, index: number): Happening
  refOf(place: PostPlace): StrongRef
}

export function createPosts(network: Network): Posts {
  const { slots, bursts, accounts, attention } = network
  const own = network.draws()
  const elsewhere = network.draws()

  /** How a post begins: what is answered is drawn first, so that it can be known without the rest. */
  function begin(draws: Draws, { second, index }: PostPlace): { parent: PostPlace | null } {
    draws.at(kindStreams.post.content, second, index)
    return { parent: draws.chance(postShares.reply) ? attention.reply(second, draws) : null }
  }

  function refOf({ second, index }: PostPlace, member = 0): StrongRef {
    const slot = slots.at('post', second, index)
    return {
      uri: `at://${slot.did}/${nsid.post}/${slots.rkey(slot, member)}`,
      cid: slots.cid(slot, member),
    }
  }

  function rootOf(place: PostPlace): PostPlace {
    let root = place
    for (let depth = 0; depth < deepestThread; depth++) {
      const { parent } = begin(elsewhere, root)
      if (parent === null) return root
      root = parent
    }
    return root
  }

  function replyMember(parent: StrongRef, root: StrongRef): string {
    return `"reply":{"parent":${jsonRef(parent)},"root":${jsonRef(root)}},`
  }

  function drawMembers(draws: Draws, slot: Slot, reply: string): string {
    const language = languages[slot.account.language] as Language
    const topic = topics[topicRank(draws.unit())] as Topic
    const createdAt = createdAtMember(slot.claimedUs, draws)
    const embed = drawEmbed(draws, {
      language,
      topic,
      quoted: () => refOf(attention.quote(slot.second, draws)),
    })
    const written = drawWriting(draws, slot, { language, topic, reply: reply !== '', embed })
    const labels = draws.chance(postShares.selfLabels)
      ? '"labels":{"$type":"com.atproto.label.defs#selfLabels","values":[{"val":"graphic-media"}]},'
      : ''
    const langs = drawLangs(draws, language.tag)
    const tags = draws.chance(postShares.tagsField)
      ? `"tags":${JSON.stringify(drawHashtags(draws, topic, language.tag).slice(0, 8))},`
      : ''
    const { text, member: facets } = written
    return `${createdAt}${embed}${facets}${labels}${langs}${reply}${tags}"text":${jsonText(text)}`
  }

  function drawWriting(
    draws: Draws,
    { second }: Slot,
    post: { language: Language; topic: Topic; reply: boolean; embed: string },
  ): FacetText {
    const { language, topic, reply, embed } = post
    const writing = new FacetText()
    const burst = bursts.at(second)
    const planted = burst && draws.chance(burst.share) ? [burst.burst.tag] : []
    if (embed !== '' && planted.length === 0 && draws.chance(postShares.emptyText)) return writing
    if (draws.chance(postShares.mentions)) {
      const did = accounts.didOf(accounts.draw('post', second, draws))
      writing.mention(handleOf(did), did)
      writing.add(' ')
    }
    const link = draws.chance(postShares.links) ? drawLink(draws, topic) : null
    const tags = draws.chance(postShares.hashtags) ? drawHashtags(draws, topic, language.tag) : []
    tags.unshift(...planted)
    const marked = tags.reduce((sum, tag) => sum + tag.length + 2, (link?.shown.length ?? -1) + 1)
    const length = Math.min(drawLength(draws), longest - writing.text.length) - marked
    if (marked === 0 || length > 2) {
      writing.add(drawText(draws, language.words, { topic, length, reply }))
      if (draws.chance(postShares.emoji)) writing.add(` ${drawEmoji(draws)}`)
    }
    if (link) writing.link(link.shown, link.uri)
    for (const tag of tags) writing.tag(tag)
    return writing
  }

  return {
    refOf,
    happening(second, index) {
      const slot = slots.at('post', second, index)
      return {
        dueUs: slot.dueUs,
        frames(firstUs) {
          const { parent } = begin(own, slot)
          const length = parent === null && own.chance(postShares.thread) ? 2 + own.below(3) : 1
          const rev = revOf(slot.did, firstUs)
          return Array.from({ length }, (_, member) => {
            const reply =
              member > 0
                ? replyMember(refOf(slot, member - 1), refOf(slot))
                : parent
                  ? replyMember(refOf(parent), refOf(rootOf(parent)))
                  : ''
            return writeFrame({
              did: slot.did,
              timeUs: firstUs + member,
              rev,
              operation: 'create',
              collection: nsid.post,
              rkey: slots.rkey(slot, member),
              members: drawMembers(own, slot, reply),
              cid: slots.cid(slot, member),
            })
          })
        },
      }
    },
  }
}

/** The `langs` member with its comma, or nothing: people declare what they write, most of them. */
function drawLangs(draws: Draws, tag: string): string {
  const unit = draws.unit()
  const { langsMissing, langsEmpty, twoLangs } = postShares
  if (unit < langsMissing) return ''
  if (unit < langsMissing + langsEmpty) return '"langs":[],'
  if (unit < langsMissing + langsEmpty + twoLangs) {
    return `"langs":["${tag}","${tag === usualSecond ? 'es' : usualSecond}"],`
  }
  if (unit > 0.998 && tag === 'en') return '"langs":["en-US"],'
  if (unit > 0.98 && tag === 'pt') return '"langs":["pt-BR"],'
  return `"langs":["${tag}"],`
}
