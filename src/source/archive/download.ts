import { AppError } from '../../errors.ts'
import { workAhead } from './ahead.ts'
import type { PlannedSegment } from './answers.ts'
import { readInt64 } from './block.ts'
import type { ArchiveClient } from './client.ts'
import { type BlockEntry, prefixBytes } from './segment.ts'
import { openSegmentFile } from './segment-file.ts'

/** A block as it lies in the archive. */
export interface PackedBlock {
  readonly index: number
  readonly packed: Buffer
  /** How long its body must be; null where the index was not read. */
  readonly bodyBytes: number | null
}

/** Which blocks of a segment can hold what is wanted. */
export interface BlockWish {
  /** Rows behind the first number, up to the second. */
  readonly afterSeq: number
  readonly beforeSeq: number
  readonly fromUs: number
  readonly toUs: number | null
}

/** Neighbouring blocks are fetched together up to this size, so that a segment takes tens of requests. */
const partBytes = 4 * 1024 * 1024
/** One part is used while the next comes; of single blocks, which are smaller, a few. */
const partsAhead = 2
const blocksAhead = 4
/** A file that is rewritten more often while it is read is read block by block: a block is of one generation. */
const maxRewrites = 3

/** The blocks of a planned segment that can hold what is wanted, in order. */
export async function* downloadBlocks(
  client: ArchiveClient,
  segment: PlannedSegment,
  wish: BlockWish,
  signal: AbortSignal,
): AsyncGenerator<PackedBlock> {
  const { name } = segment
  if (segment.mode === 'blocks')
    return yield* singleBlocks(client, name, numbersOf(segment), signal)
  let next = 0
  let blocks = 0
  for (let rewrites = 0; rewrites <= maxRewrites; rewrites++) {
    const file = await openSegmentFile(client, name, signal)
    blocks = file.blocks
    if (file.etag === null) break
    if (file.entries === null) continue
    const wanted = file.entries.filter((entry) => entry.index >= next && isWanted(entry, wish))
    const last = yield* partsOf(client, { name, etag: file.etag, entries: wanted }, signal)
    if (last === 'all') return
    next = last === null ? next : last + 1
  }
  yield* singleBlocks(client, name, range(next, blocks - 1), signal)
}

interface Generation {
  readonly name: string
  readonly etag: string
  readonly entries: readonly BlockEntry[]
}

/** Blocks of one generation of a file. Returns the last one (null: none) before the file was rewritten, else `all`. */
async function* partsOf(
  client: ArchiveClient,
  { name, etag, entries }: Generation,
  signal: AbortSignal,
): AsyncGenerator<PackedBlock, number | null | 'all'> {
  let last: number | null = null
  const parts = workAhead(join(entries), partsAhead, signal, ({ from, to }, signal) =>
    client.getPart(name, { from, to, etag }, signal),
  )
  for await (const [part, answer] of parts) {
    if (answer === 'rewritten') return last
    for (const entry of part.entries) {
      yield cut(entry, answer, part.from)
      last = entry.index
    }
  }
  return 'all'
}

async function* singleBlocks(
  client: ArchiveClient,
  name: string,
  numbers: Iterable<number>,
  signal: AbortSignal,
): AsyncGenerator<PackedBlock> {
  const blocks = workAhead(numbers, blocksAhead, signal, (index, signal) =>
    client.getBlock(name, index, signal),
  )
  for await (const [index, packed] of blocks) yield { index, packed, bodyBytes: null }
}

function isWanted(entry: BlockEntry, { afterSeq, beforeSeq, fromUs, toUs }: BlockWish): boolean {
  if (entry.rows === 0 || entry.maxSeq <= afterSeq || entry.minSeq > beforeSeq) return false
  return entry.maxWitnessedUs >= fromUs && (toUs === null || entry.minWitnessedUs < toUs)
}

interface Part {
  readonly from: number
  /** Last byte. */
  to: number
  readonly entries: BlockEntry[]
}

function* join(entries: readonly BlockEntry[]): Generator<Part> {
  let part: Part | null = null
  for (const entry of entries) {
    const end = entry.offset + prefixBytes + entry.packedBytes
    if (part && entry.offset === part.to + 1 && end - part.from <= partBytes) {
      part.entries.push(entry)
      part.to = end - 1
      continue
    }
    if (part) yield part
    part = { from: entry.offset, to: end - 1, entries: [entry] }
  }
  if (part) yield part
}

function cut(entry: BlockEntry, bytes: Buffer, from: number): PackedBlock {
  const at = entry.offset - from
  if (readInt64(bytes, at) !== entry.packedBytes) {
    const text = `Block ${entry.index} of the archive is not as long as its index says.`
    throw new AppError('SOURCE_REJECTED', text)
  }
  const packed = bytes.subarray(at + prefixBytes, at + prefixBytes + entry.packedBytes)
  return { index: entry.index, packed, bodyBytes: entry.bodyBytes }
}

function* numbersOf({ blocks = [] }: PlannedSegment): Generator<number> {
  for (const { first, last } of blocks) yield* range(first, last)
}

function* range(first: number, last: number): Generator<number> {
  for (let n = first; n <= last; n++) yield n
}
