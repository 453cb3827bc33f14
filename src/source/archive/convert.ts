import type { Frame } from '../../event/frame.ts'
import type { ArchiveRow } from './block.ts'
import { encodeFrame, type SkipReason } from './frame.ts'

export interface ConvertOptions {
  readonly host: string
  readonly epoch: number
  readonly selects: (row: ArchiveRow) => boolean
  readonly onSkipped: (reason: SkipReason) => void
}

/** Some rows of a block as frames (none where none is wanted). */
export interface Converted {
  readonly frames: readonly Frame[]
  readonly bytes: number
  /** Number of the last row that was looked at; null where there was none. */
  readonly lastSeq: number | null
}

const maxFrames = 1_000
const maxBytes = 1024 * 1024

/** Rows as frames, a bounded number at a time: a block may be fifty times as large as what a log takes at once. */
export function* convertRows(
  rows: Iterable<ArchiveRow>,
  options: ConvertOptions,
): Generator<Converted> {
  const { host, epoch, selects, onSkipped } = options
  const receivedUs = Date.now() * 1_000
  let frames: Frame[] = []
  let size = 0
  let lastSeq: number | null = null
  for (const row of rows) {
    const { seq, timeUs } = row
    if (selects(row)) {
      const bytes = encodeFrame(row)
      if (typeof bytes === 'string') onSkipped(bytes)
      else {
        frames.push({ bytes, receivedUs, position: { host, wire: 'v2', seq, timeUs, epoch } })
        size += bytes.length
      }
    }
    lastSeq = seq
    if (frames.length < maxFrames && size < maxBytes) continue
    yield { frames, bytes: size, lastSeq }
    frames = []
    size = 0
  }
  yield { frames, bytes: size, lastSeq }
}
