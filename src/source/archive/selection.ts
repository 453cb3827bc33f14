import type { ArchiveRow } from './block.ts'
import { isCommit } from './frame.ts'

export interface SelectionOptions {
  readonly fromUs: number
  /** Exclusive; null for no end. */
  readonly toUs: number | null
  /** Empty for all. */
  readonly dids: readonly string[]
  /** NSIDs or `prefix.*`; empty for all. */
  readonly collections: readonly string[]
}

/**
 * Which rows are wanted, exactly: the plan holds more. As on the wire, accounts restrict every row and collections
 * operations on records only, so that what becomes of an account is always among them.
 */
export function createSelection(options: SelectionOptions): (row: ArchiveRow) => boolean {
  const { fromUs, toUs } = options
  const dids = options.dids.length > 0 ? new Set(options.dids) : null
  const prefixes = options.collections.flatMap((text) =>
    text.endsWith('.*') ? [text.slice(0, -1)] : [],
  )
  const exact = new Set(options.collections)
  const all = options.collections.length === 0
  const isWanted = (nsid: string) =>
    all || exact.has(nsid) || prefixes.some((prefix) => nsid.startsWith(prefix))
  return (row) =>
    row.timeUs >= fromUs &&
    (toUs === null || row.timeUs < toUs) &&
    (dids === null || dids.has(row.did)) &&
    (!isCommit(row) || isWanted(row.collection))
}
