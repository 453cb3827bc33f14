import { type Kind, kinds } from './mix.ts'

/** One number for each thing that is drawn, so that no two purposes share random numbers. Numbers are never reused. */
export const streams = {
  stall: 1,
  did: 2,
  shortLived: 3,
  incident: 4,
  burst: 5,
  pool: 6, // to 8: one for each lifetime
} as const

/** Streams of a kind: how many, where each stands, what it says, its CID, who is active, what is deleted. */
export const kindStreams = Object.fromEntries(
  kinds.map((kind, index) => {
    const base = 100 + index * 10
    return [
      kind,
      {
        count: base,
        slot: base + 1,
        content: base + 2,
        cid: base + 3,
        session: base + 4,
        deletion: base + 5,
      },
    ]
  }),
) as Record<Kind, Record<'count' | 'slot' | 'content' | 'cid' | 'session' | 'deletion', number>>
