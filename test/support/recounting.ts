import { openRecount, type Recount } from '../../src/store/recount/recount.ts'
import { type DayRange, everything } from '../../src/store/recount/recount-range.ts'
import { openStore } from '../../src/store/store.ts'
import { framesOf } from './events.ts'
import { variedHistory } from './varied-history.ts'

export async function recount(
  url: string,
  parts: Partial<DayRange & { dimensions: string[]; keptFrom: Map<string, number> }> = {},
): Promise<Recount> {
  return openRecount({
    url,
    range: { ...everything, ...parts },
    dimensions: parts.dimensions ?? null,
    keptFrom: parts.keptFrom ?? new Map(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
}

/** What differs: how many numbers of each kind, and the first of them. */
export async function differencesOf(url: string): Promise<object[]> {
  await using found = await recount(url)
  const kinds = found.comparisons
    .filter(({ differences }) => differences > 0)
    .map(({ tally, field, differences }) => ({ tally, field, differences }))
  return [...kinds, ...found.differences]
}

export async function storeHistory(url: string, seed: number, events: number): Promise<void> {
  await using store = await openStore({ url, source: `history-${seed}` })
  const frames = framesOf(variedHistory({ seed, events }))
  for (let i = 0; i < frames.length; ) {
    const size = 1 + ((i * 7 + seed) % 400)
    await store.write(await store.prepare({ frames: frames.slice(i, i + size), gaps: [] }))
    i += size
  }
}
