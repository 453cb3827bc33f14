import { openClient } from '../db/pool.ts'
import {
  type Corrected,
  openRecount,
  type Recount,
  type RecountProgress,
} from '../store/recount/recount.ts'
import type { DayRange } from '../store/recount/recount-range.ts'
import { partitionedTables } from '../store/space/partitioned-tables.ts'
import { readKeptFrom } from './retention.ts'
import type { SpaceSettings } from './storage-report.ts'

export interface RecountNumbersOptions {
  readonly url: string
  readonly range: DayRange
  /** Null for everything. */
  readonly dimensions: readonly string[] | null
  /** What is kept for how long, as maintenance has it. */
  readonly settings: SpaceSettings
  readonly signal: AbortSignal
  readonly onProgress: (progress: RecountProgress) => void
}

export type Found = Pick<Recount, 'comparisons' | 'differences'> & {
  /** How many numbers differ. */
  readonly total: number
}

export interface CorrectedNumbers {
  readonly found: Found
  readonly corrected: readonly Corrected[]
}

/** Compares every stored number of a range with what rows say. Throws what `openRecount` does. */
export async function findDifferences(options: RecountNumbersOptions): Promise<Found> {
  await using recount = await open(options)
  return foundBy(recount)
}

/**
 * Makes good what differs, when `agree` lets it: it throws where nobody wants that. Returns what was found, and what was changed.
 */
export async function correctDifferences(
  options: RecountNumbersOptions,
  agree: (found: Found) => Promise<void>,
): Promise<CorrectedNumbers> {
  await using recount = await open(options)
  const found = foundBy(recount)
  if (found.total === 0) return { found, corrected: [] }
  await agree(found)
  return { found, corrected: await recount.correct() }
}

async function open(options: RecountNumbersOptions): Promise<Recount> {
  return openRecount({ ...options, keptFrom: await readAllKeptFrom(options) })
}

async function readAllKeptFrom({
  url,
  settings,
}: Pick<RecountNumbersOptions, 'url' | 'settings'>): Promise<ReadonlyMap<string, number>> {
  const client = await openClient({
    url,
    statementTimeoutMs: 10_000,
    applicationName: 'bluesky-analytics recount',
  })
  try {
    const kept = new Map<string, number>()
    for (const { name } of partitionedTables) {
      kept.set(name, await readKeptFrom(client, name, settings))
    }
    return kept
  } finally {
    await client.end().catch(() => undefined) // it may be the lost connection that ended us
  }
}

function foundBy({ comparisons, differences }: Recount): Found {
  const total = comparisons.reduce((sum, each) => sum + each.differences, 0)
  return { comparisons, differences, total }
}
