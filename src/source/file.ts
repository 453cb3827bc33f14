/**
 * File: a recording of frames, one a line, plain or compressed.
 *
 * Owns reading, unpacking and pace. Guarantees: the same file opened at a position goes on behind that line; what is read
 * ahead is one block; a broken file is said to be broken at a line, after the lines before it were handed on. Never: decodes.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError } from '../errors.ts'
import type { Chunk, Frame, Position, Wire } from '../event/frame.ts'
import { readPlace } from '../event/position.ts'
import { type LineBlock, readLines } from './file-lines.ts'
import { createPace, type Speed } from './file-pace.ts'
import type { Source, SourceState, SourceStatus } from './source.ts'
import { unpackZstd } from './zstd-stream.ts'

export interface FileSourceOptions {
  /** .jsonl, .jsonl.gz or .jsonl.zst */
  readonly path: string
  /** Last line that is stored; null begins at the first. */
  readonly position: Position | null
  readonly speed: Speed
  readonly signal: AbortSignal
}

export interface FileSource extends Source {
  /** Bytes of the file as it lies on disk. */
  progress(): { readonly bytesRead: number; readonly bytesTotal: number }
}

export interface FileDescription {
  /** Names the content: 16 hex digits of SHA-256 over size, first and last 64 KiB. */
  readonly digest: string
  readonly bytes: number
}

const blockBytes = 256 * 1024
const sampleBytes = 64 * 1024
/** Frames of the v2 wire begin with `{"$type"`, those of the v1 wire with `{"did"`. */
const dollar = 0x24

/** What a recording is known by. Throws `AppError` `FILE_UNREADABLE`. */
export async function describeFile(path: string): Promise<FileDescription> {
  try {
    // Before opening: that would wait for the writer of a pipe, and nothing could stop it.
    const stats = await stat(path)
    if (!stats.isFile()) throw new Error('it is no file; a pipe or device cannot be replayed')
    await using file = await open(path)
    const bytes = stats.size
    const hash = createHash('sha256').update(`${bytes}\n`)
    for (const start of [0, Math.max(0, bytes - sampleBytes)]) {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(sampleBytes),
        0,
        sampleBytes,
        start,
      )
      hash.update(buffer.subarray(0, bytesRead))
    }
    return { digest: hash.digest('hex').slice(0, 16), bytes }
  } catch (cause) {
    throw new AppError('FILE_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** Opens nothing yet: the file is read when chunks are asked for. */
export function openFileSource(options: FileSourceOptions): FileSource {
  const { path, signal } = options
  const counted = { frames: 0, bytes: 0, bytesRead: 0, bytesTotal: 0, line: 0, oversize: 0 }
  let state: SourceState = 'idle'
  let sinceMs = Date.now()
  let lastTimeUs: number | null = null
  let lastFrameMs: number | null = null
  const enter = (next: SourceState) => {
    if (next !== state) sinceMs = Date.now()
    state = next
  }

  async function* chunks(): AsyncGenerator<Chunk> {
    const { digest, bytes } = await describeFile(path)
    counted.bytesTotal = bytes
    enter('catching-up')
    const pace = createPace(options.speed, signal)
    const number = createNumbering(`file:${digest}`, options.position)
    try {
      for await (const block of readLines(unpack(path, counted, signal))) {
        const frames = number(block, counted)
        const last = frames.at(-1)
        if (!last) continue
        for await (const part of pace(frames)) {
          counted.frames += part.length
          lastTimeUs = part.at(-1)?.position.timeUs ?? lastTimeUs
          lastFrameMs = Date.now()
          yield { frames: part, gaps: [] }
        }
      }
    } catch (cause) {
      if (signal.aborted) return
      if (cause instanceof AppError) throw cause
      throw new AppError(
        'FILE_UNREADABLE',
        `${path} is damaged behind line ${counted.line}: ${(cause as Error).message}`,
        {
          cause,
          hint: 'The lines before it are stored. Fetch the file again, or replay another one.',
        },
      )
    }
    enter('ended')
  }

  return {
    chunks,
    progress: () => ({ bytesRead: counted.bytesRead, bytesTotal: counted.bytesTotal }),
    status: (): SourceStatus => ({
      state,
      sinceMs,
      detail: `line ${counted.line} of ${basename(path)}`,
      kind: 'file',
      host: basename(path),
      frames: counted.frames,
      bytes: counted.bytes,
      reconnects: 0,
      lastTimeUs,
      lastFrameMs,
      skipped: counted.oversize > 0 ? { oversize: counted.oversize } : {},
    }),
  }
}

async function* unpack(
  path: string,
  counted: { bytesRead: number },
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const packed = createReadStream(path, { highWaterMark: blockBytes, signal })
  packed.on('data', (chunk) => {
    counted.bytesRead += chunk.length
  })
  packed.pause()
  if (path.endsWith('.zst')) yield* unpackZstd(packed, blockBytes)
  else if (path.endsWith('.gz')) {
    // Errors of either end come out of the iteration; the callback has nothing to add.
    yield* pipeline(packed, createGunzip({ chunkSize: blockBytes }), () => undefined)
  } else yield* packed
}

/** Lines as frames with their numbers and times; those up to the position are stored already and only counted. */
function createNumbering(host: string, position: Position | null) {
  const after = position?.seq ?? 0
  let timeUs = position?.timeUs ?? 0
  return (
    { lines, oversize }: LineBlock,
    counted: { line: number; bytes: number; oversize: number },
  ): Frame[] => {
    counted.oversize += oversize
    const receivedUs = Date.now() * 1_000
    const frames: Frame[] = []
    for (const bytes of lines) {
      counted.line += 1
      if (counted.line <= after || bytes.length === 0) continue
      const wire: Wire = bytes[2] === dollar ? 'v2' : 'v1'
      timeUs = readPlace(bytes, wire)?.timeUs ?? timeUs
      counted.bytes += bytes.length
      frames.push({
        bytes,
        receivedUs,
        position: { host, wire, seq: counted.line, timeUs, epoch: 0 },
      })
    }
    return frames
  }
}
