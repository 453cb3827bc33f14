/** Ledger files: what is hidden and deleted, as JSON lines beside the database, for the day on which a backup is restored. */
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type pg from 'pg'
import { AppError } from '../errors.ts'
import { readLines } from '../source/file-lines.ts'
import { type LedgerLine, readLedgerLine, writeLedgerLine } from '../store/deletion/ledger-entry.ts'
import { readAccountLines, readDeletedLines } from '../store/deletion/ledger-read.ts'

/** Who may read a database may read whose accounts were deleted; nobody else needs to. */
const mode = 0o600
/** Longest that a transaction may take between being dated and being seen. */
const overlapMs = 10 * 60_000
const blockBytes = 1_048_576
/** How far back a file is read for what it has already; beyond that entries may come twice, which is harmless. */
const maxTailBytes = 64 * blockBytes

export interface WrittenLedger {
  readonly accounts: number
  readonly records: number
}

/**
 * Writes the whole ledger, or what was decided and deleted since a time, to a file. It appears when it is complete. Throws
 * `AppError` `FILE_UNREADABLE` where it is there already or cannot be written. Null when the signal aborts: no file is left.
 */
export async function writeLedgerFile(
  client: pg.Client,
  path: string,
  options: {
    readonly sinceUs: number | null
    readonly signal: AbortSignal
    readonly onProgress: (done: number) => void
  },
): Promise<WrittenLedger | null> {
  const { sinceUs, signal, onProgress } = options
  const part = `${path}.part`
  await refuseExisting(path)
  try {
    await using file = await open(part, 'w', mode)
    const counts = { accounts: 0, records: 0 }
    for await (const lines of readAccountLines(client, sinceUs === null ? null : sinceUs / 1_000)) {
      if (signal.aborted) return null
      await append(file, lines)
      counts.accounts += lines.length
    }
    for await (const lines of readDeletedLines(client, sinceUs ?? 0, signal, onProgress)) {
      await append(file, lines)
      counts.records += lines.length
    }
    if (signal.aborted) return null
    await file.sync()
    await rename(part, path)
    return counts
  } catch (cause) {
    throw unwritable(path, cause)
  } finally {
    await rm(part, { force: true })
  }
}

/**
 * Adds those entries of the ledger to a file that it does not have, and makes sure that they are on the disk. A line that a crash
 * cut off is taken away first. Returns how many lines. Ends early, with those added so far, when the signal aborts.
 */
export async function appendLedger(
  client: pg.Client,
  path: string,
  signal: AbortSignal,
): Promise<number> {
  try {
    await using file = await open(path, 'a+', mode)
    const known = await readTail(file)
    let added = 0
    for await (const lines of readAccountLines(client, known.fromMs)) {
      if (signal.aborted) break
      const fresh = lines.filter((line) => !known.lines.has(writeLedgerLine(line)))
      await append(file, fresh)
      added += fresh.length
    }
    await file.sync()
    if (known.isNew) await syncFolder(path)
    return added
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

/**
 * Lines of a ledger file, a block at a time, with how many bytes are read. Throws `AppError` `FILE_UNREADABLE` with the number
 * of the line that is none; only of the last line, which may be half written, nothing is said.
 */
export async function* readLedgerFile(
  path: string,
): AsyncGenerator<{ readonly lines: readonly LedgerLine[]; readonly bytes: number }> {
  let number = 0
  let bytes = 0
  let wrong: string | null = null
  try {
    for await (const block of readLines(createReadStream(path, { highWaterMark: blockBytes }))) {
      const lines: LedgerLine[] = []
      for (const line of block.lines) {
        if (wrong !== null) throw new AppError('FILE_UNREADABLE', wrong, { hint: whatItIs })
        number += 1
        bytes += line.length + 1
        if (line.length === 0) continue
        const entry = readLedgerLine(line.toString())
        if ('problem' in entry) wrong = `${path}, line ${number}: ${entry.problem}`
        else lines.push(entry)
      }
      yield { lines, bytes }
    }
  } catch (cause) {
    if (cause instanceof AppError || !Object(cause).syscall) throw cause
    throw new AppError('FILE_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    })
  }
  if (wrong !== null && number === 1) {
    throw new AppError('FILE_UNREADABLE', wrong, { hint: whatItIs })
  }
}

const whatItIs = 'A ledger file is what purge --write or LEDGER_FILE made.'

interface Tail {
  /** Lines from which on something may be missing. */
  readonly lines: ReadonlySet<string>
  /** Null where the file is empty: all of the ledger is missing. */
  readonly fromMs: number | null
  readonly isNew: boolean
}

/** What the end of a file has. It is nearly in the order in which entries were decided. */
async function readTail(file: FileHandle): Promise<Tail> {
  const size = await dropHalfLine(file)
  const lines = new Set<string>()
  let latestMs: number | null = null
  let end = size
  let rest = ''
  while (end > 0 && size - end < maxTailBytes) {
    const start = Math.max(0, end - blockBytes)
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    const [head = '', ...whole] = (buffer.toString('latin1') + rest).split('\n')
    const found = start === 0 ? [head, ...whole] : whole
    rest = start === 0 ? '' : head
    const times = found.flatMap((line) => {
      const entry = readLedgerLine(Buffer.from(line, 'latin1').toString())
      if (!('decidedAt' in entry)) return []
      lines.add(writeLedgerLine(entry))
      return [Date.parse(entry.decidedAt)]
    })
    const newest = times.reduce((a, b) => Math.max(a, b), 0)
    if (times.length > 0 && latestMs !== null && newest < latestMs - overlapMs) break
    if (times.length > 0) latestMs = Math.max(latestMs ?? 0, newest)
    end = start
  }
  return { lines, fromMs: latestMs === null ? null : latestMs - overlapMs, isNew: size === 0 }
}

/** Returns the size of the file without what was written behind its last complete line. */
async function dropHalfLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes)
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    const at = buffer.lastIndexOf('\n')
    if (at >= 0) {
      const whole = start + at + 1
      if (whole < size) await file.truncate(whole)
      return whole
    }
    end = start
  }
  if (size > 0) await file.truncate(0)
  return 0
}

async function append(file: FileHandle, lines: readonly LedgerLine[]): Promise<void> {
  if (lines.length > 0) await file.appendFile(lines.map(writeLedgerLine).join(''))
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await using file = await open(path, 'r')
    await file.stat()
  } catch {
    return
  }
  throw new AppError('USAGE_INVALID', `${path} is there already`, { hint: 'Choose another name.' })
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(dirname(path), 'r')
  await folder.sync()
}

/** What the system says of a file, with its name; all else as it is. */
function unwritable(path: string, cause: unknown): unknown {
  if (cause instanceof AppError || !Object(cause).syscall || Object(cause).code === 'ECONNRESET') {
    return cause
  }
  return new AppError('FILE_UNREADABLE', `cannot write ${path}: ${(cause as Error).message}`, {
    cause,
    hint: 'Its folder must be there, and be writable.',
  })
}
