import { nsid } from './collections.ts'
import type { Deletion } from './deletions.ts'
import { memberDueUs } from './follow-runs.ts'
import { type Happening, revOf } from './happening.ts'
import { endSecond } from './incidents.ts'
import { deleteFrame } from './json.ts'
import type { DeletableKind } from './mix.ts'
import type { Network } from './network.ts'
import { type Slot, usableUs } from './slots.ts'

/** Deletes of a kind's records in a second. */
export function deletes(network: Network, kind: DeletableKind): (second: number) => Happening[] {
  const { slots, deletions } = network

  function recordOf(deletion: Deletion, second: number): { slot: Slot; rkey: string } | null {
    if (kind !== 'follow') {
      const slot = slots.at(kind, deletion.second, deletion.index)
      return { slot, rkey: slots.rkey(slot) }
    }
    const run = network.follows.at(deletion.second, deletion.index)
    const dueUs = memberDueUs(run, deletion.member)
    if (dueUs >= second * 1e6 - 1e6) return null // a long run has not come to this follow yet
    const since = dueUs - run.start.dueUs
    return { slot: run.start, rkey: slots.rkey(run.start, since + deletion.member) }
  }

  return (second) =>
    deletions[kind](second).flatMap((deletion): Happening[] => {
      const record = recordOf(deletion, second)
      if (record === null || endSecond(record.slot.account) <= second) return []
      const { did } = record.slot
      return [
        {
          dueUs: second * 1e6 + Math.floor(deletion.moment * usableUs),
          frames: (timeUs) => [
            deleteFrame({
              did,
              timeUs,
              rev: revOf(did, timeUs),
              collection: nsid[kind],
              rkey: record.rkey,
            }),
          ],
        },
      ]
    })
}
