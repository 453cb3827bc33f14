import { expect, inject, test } from 'vitest'
import { openRecount, type Recount } from '../../src/store/recount.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import { framesOf } from '../support/events.ts'
import { variedHistory } from '../support/varied-history.ts'

async function recount(
  url: string,
  parts: { fromDay?: number; toDay?: number; dimensions?: string[] } = {},
): Promise<Recount> {
  return openRecount({
    url,
    range: { fromDay: parts.fromDay ?? null, toDay: parts.toDay ?? null },
    dimensions: parts.dimensions ?? null,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
}

/** What differs: how many numbers of each kind, and the first of them. */
async function differencesOf(url: string): Promise<object[]> {
  await using found = await recount(url)
  const kinds = found.comparisons
    .filter(({ differences }) => differences > 0)
    .map(({ tally, field, differences }) => ({ tally, field, differences }))
  return [...kinds, ...found.differences]
}

async function storeHistory(url: string, seed: number, events: number): Promise<void> {
  await using store = await openStore({ url, source: `history-${seed}` })
  const frames = framesOf(variedHistory({ seed, events }))
  for (let i = 0; i < frames.length; ) {
    const size = 1 + ((i * 7 + seed) % 400)
    await store.write(await store.prepare({ frames: frames.slice(i, i + size), gaps: [] }))
    i += size
  }
}

test.each([1, 2, 3, 4])('what is stored of a history is what its rows say (%i)', async (seed) => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await storeHistory(db.url, seed, 3_000)
  expect(await differencesOf(db.url)).toEqual([])
  await using found = await recount(db.url)
  for (const { tally, field, compared, leftOut } of found.comparisons) {
    expect({ tally, field, compared: compared > 10, leftOut }).toEqual({
      tally,
      field,
      compared: true,
      leftOut: 0,
    })
  }
})
