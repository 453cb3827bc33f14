import { identities, incidents } from './account-events.ts'
import { deletes } from './deletes.ts'
import type { Happening } from './happening.ts'
import { endorsements, follows } from './interactions.ts'
import { deletableKinds } from './mix.ts'
import { createNetwork, type NetworkOptions } from './network.ts'
import { otherRecords } from './other-records.ts'
import { createPosts } from './posts.ts'

/** A v1 frame, as text, with the time in it. */
export interface TimedFrame {
  readonly timeUs: number
  readonly text: string
}

/** The frames of a second since 1970, in order of their strictly rising times. The same whenever it is asked. */
export type SecondFrames = (second: number) => readonly TimedFrame[]

/** Frames of a synthetic network: which kinds of things happen in a second is the list below. */
export function createSecondFrames(options: NetworkOptions): SecondFrames {
  const network = createNetwork(options)
  const posts = createPosts(network)
  const sources: readonly ((second: number) => Happening[])[] = [
    endorsements(network, posts, 'like'),
    endorsements(network, posts, 'repost'),
    follows(network),
    (second) =>
      Array.from({ length: network.traffic('post', second) }, (_, index) =>
        posts.happening(second, index),
      ),
    otherRecords(network, 'block'),
    otherRecords(network, 'listItem'),
    otherRecords(network, 'profile'),
    otherRecords(network, 'rare'),
    otherRecords(network, 'foreign'),
    identities(network),
    incidents(network),
    ...deletableKinds.map((kind) => deletes(network, kind)),
  ]
  return (second) => {
    const happenings = sources.flatMap((happeningsOf) => happeningsOf(second))
    happenings.sort((a, b) => a.dueUs - b.dueUs)
    const frames: TimedFrame[] = []
    let next = second * 1e6
    for (const { dueUs, frames: framesAt } of happenings) {
      const firstUs = Math.max(dueUs, next)
      for (const [index, text] of framesAt(firstUs).entries()) {
        frames.push({ timeUs: firstUs + index, text })
        next = firstUs + index + 1
      }
    }
    return frames
  }
}
