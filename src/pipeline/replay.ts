import { createInProcessLog } from '../eventlog/in-process.ts'
import { describeFile, openFileSource } from '../source/file.ts'
import { openStore } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { persist } from './persist.ts'
import { pump } from './pump.ts'
import { quantile } from './quantile.ts'
import { StatusBoard } from './status-board.ts'

export interface ReplayOptions {
  readonly path: string
  readonly databaseUrl: string
  /** As recorded, a multiple of it, or as fast as it goes. */
  readonly speed: 'recorded' | 'max' | number
  /** Read from the first line even where the file was replayed before; no number changes by it. */
  readonly again: boolean
  readonly maxFrames: number
  readonly maxWaitMs: number
  readonly maxLogBytes: number
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Called a few times a second. */
  readonly onProgress: (progress: ReplayProgress) => void
}

export interface ReplayProgress {
  readonly stored: number
  readonly deadLetters: number
  /** Of the file as it lies on disk. */
  readonly bytesRead: number
  readonly bytesTotal: number
}

export interface ReplaySummary {
  /** False where it was interrupted; the next replay of the file goes on from there. */
  readonly finished: boolean
  /** Lines that were stored by earlier replays and passed over now. */
  readonly skipped: number
  readonly stored: number
  readonly deadLetters: number
  /** Records of days that were dropped, which are not stored again. */
  readonly agedOut: number
  readonly seconds: number
  /** How long it took to store a batch, from the first statement to the commit. */
  readonly commitMs: { readonly p50: number; readonly p99: number }
  /** Processor time of this process, user and system, seconds. */
  readonly cpuSeconds: number
  /** Largest resident memory of this process so far, bytes. */
  readonly maxRssBytes: number
}

const progressMs = 100

/** Stores a recorded file. Throws `AppError` `FILE_UNREADABLE`, and what the database may refuse. */
export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const started = performance.now()
  const cpu = process.cpuUsage()
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  const { digest } = await describeFile(options.path)
  const reopen = () => openStore({ url: options.databaseUrl, source: `file:${digest}` })
  const store = await reopen()
  const position = options.again ? null : store.position
  const source = openFileSource({ path: options.path, position, speed: options.speed, signal })
  const log = createInProcessLog(options.maxLogBytes)
  const tally = { stored: 0, deadLetters: 0, agedOut: 0 }
  const commits: number[] = []
  const report = () => options.onProgress({ ...tally, ...source.progress() })
  const timer = setInterval(report, progressMs)
  const stages = [
    pump(source, log, signal),
    persist({
      ...options,
      log,
      store,
      reopen,
      signal,
      board: new StatusBoard(),
      onStored({ frames, deadLetters, agedOut, commitMs }) {
        commits.push(commitMs)
        tally.stored += frames - deadLetters - agedOut
        tally.deadLetters += deadLetters
        tally.agedOut += agedOut
      },
    }),
  ]
  for (const stage of stages) stage.catch((error: unknown) => failed.abort(error))
  await Promise.allSettled(stages)
  clearInterval(timer)
  report()
  if (failed.signal.aborted && !options.signal.aborted) throw failed.signal.reason
  const { user, system } = process.cpuUsage(cpu)
  return {
    finished: !options.signal.aborted,
    skipped: position?.seq ?? 0,
    ...tally,
    seconds: (performance.now() - started) / 1_000,
    commitMs: { p50: quantile(commits, 0.5), p99: quantile(commits, 0.99) },
    cpuSeconds: (user + system) / 1_000_000,
    maxRssBytes: process.resourceUsage().maxRSS * 1_024,
  }
}
