import { createdAtMember } from './clocks.ts'
import { nsid } from './collections.ts'
import { memberDueUs } from './follow-runs.ts'
import { type Happening, revOf } from './happening.ts'
import { jsonRef, writeFrame } from './json.ts'
import type { Network } from './network.ts'
import type { Posts } from './posts.ts'
import { kindStreams } from './streams.ts'

/** A repost through which a post was found happened at most so long ago, s. */
const viaSeconds = 3_600

/** Likes and reposts of a second. */
export function endorsements(
  network: Network,
  posts: Posts,
  kind: 'like' | 'repost',
): (second: number) => Happening[] {
  const { slots, traffic, attention, mix } = network
  const draws = network.draws()

  function viaMember(second: number): string {
    if (!draws.chance(mix.via[kind])) return ''
    const before = second - 1 - draws.below(viaSeconds)
    const count = traffic('repost', before)
    if (count === 0) return ''
    const slot = slots.at('repost', before, draws.below(count))
    const uri = `at://${slot.did}/${nsid.repost}/${slots.rkey(slot)}`
    return `,"via":${jsonRef({ uri, cid: slots.cid(slot) })}`
  }

  return (second) =>
    Array.from({ length: traffic(kind, second) }, (_, index) => {
      const slot = slots.at(kind, second, index)
      return {
        dueUs: slot.dueUs,
        frames(timeUs) {
          draws.at(kindStreams[kind].content, second, index)
          const subject = posts.refOf(attention[kind](second, draws))
          const createdAt = createdAtMember(slot.claimedUs, draws)
          return [
            writeFrame({
              did: slot.did,
              timeUs,
              rev: revOf(slot.did, timeUs),
              operation: 'create',
              collection: nsid[kind],
              rkey: slots.rkey(slot),
              members: `${createdAt}"subject":${jsonRef(subject)}${viaMember(second)}`,
              cid: slots.cid(slot),
            }),
          ]
        },
      }
    })
}

/** Follows of a second: single ones, members of runs, and starter packs in one commit. */
export function follows(network: Network): (second: number) => Happening[] {
  const { slots, accounts } = network
  const draws = network.draws()
  return (second) =>
    network.follows.during(second).map(({ run, from, to }) => ({
      dueUs: memberDueUs(run, from),
      frames(firstUs) {
        const { start } = run
        const rev = revOf(start.did, firstUs)
        return Array.from({ length: to - from }, (_, i) => {
          const member = from + i
          const since = memberDueUs(run, member) - start.dueUs
          draws.at(kindStreams.follow.content, start.second, (start.index + 1) * 2_048 + member)
          const createdAt = createdAtMember(start.claimedUs + since, draws)
          const subject = accounts.didOf(accounts.draw('post', second, draws))
          return writeFrame({
            did: start.did,
            timeUs: firstUs + i,
            rev,
            operation: 'create',
            collection: nsid.follow,
            rkey: slots.rkey(start, since + member),
            members: `${createdAt}"subject":"${subject}"`,
            cid: slots.cid(start, member),
          })
        })
      },
    }))
}
