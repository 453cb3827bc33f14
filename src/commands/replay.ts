import { SingleBar } from 'cli-progress'
import { AppError } from '../errors.ts'
import { openDatabase, requireSameKind } from '../pipeline/database.ts'
import {
  type ReplayProgress,
  type ReplaySummary,
  replay as replayFile,
} from '../pipeline/replay.ts'
import { describeFile } from '../source/file.ts'
import { type CommandContext, type CommonFlags, configOf } from './command-context.ts'

export interface ReplayFlags extends CommonFlags {
  readonly speed: string
  readonly again?: boolean
}

/** Stores a recorded file in the database in use, and says what came of it. */
export async function replay(
  path: string,
  flags: ReplayFlags,
  { signal }: CommandContext,
): Promise<void> {
  const speed = readSpeed(flags.speed)
  const { config, logger } = configOf(flags)
  await describeFile(path) // a file that is not there is refused before anything is opened
  await using scope = new AsyncDisposableStack()
  const database = scope.use(await openDatabase(config, 'share', logger))
  await requireSameKind(database.url, false)
  const bar = openBar(flags.json === true)
  try {
    const summary = await replayFile({
      path,
      databaseUrl: database.url,
      speed,
      again: flags.again === true,
      maxFrames: config.BATCH_MAX_EVENTS,
      maxWaitMs: config.BATCH_MAX_MS,
      maxLogBytes: config.EVENTLOG_MAX_BYTES,
      signal,
      logger,
      onProgress: bar.update,
    })
    bar.stop()
    if (summary.stored === 0 && summary.deadLetters > 0) {
      throw new AppError(
        'FILE_UNREADABLE',
        `nothing in ${path} is a message of Jetstream: all ${summary.deadLetters} lines are set aside in raw_message`,
        { hint: 'A recording holds one JSON message a line, as Jetstream sends them.' },
      )
    }
    console.log(flags.json ? JSON.stringify(summary) : describe(path, summary))
  } finally {
    bar.stop()
  }
}

function readSpeed(text: string): 'recorded' | 'max' | number {
  if (text === 'recorded' || text === 'max') return text
  const times = Number(text)
  if (Number.isFinite(times) && times > 0) return times
  throw new AppError('USAGE_INVALID', `--speed ${text} is no speed`, {
    hint: 'Use recorded, max, or a number of times the recorded speed such as 10.',
  })
}

function openBar(json: boolean): { update: (progress: ReplayProgress) => void; stop: () => void } {
  if (json || !process.stderr.isTTY) return { update: () => undefined, stop: () => undefined }
  const bar = new SingleBar({
    format: '{bar} {percentage} % · {stored} events · {eta_formatted} left',
    stream: process.stderr,
    barsize: 30,
    hideCursor: true,
  })
  bar.start(1, 0, { stored: 0 })
  return {
    update({ bytesRead, bytesTotal, stored }) {
      bar.setTotal(bytesTotal)
      bar.update(bytesRead, { stored: stored.toLocaleString('en') })
    },
    stop: () => bar.stop(),
  }
}

function describe(path: string, summary: ReplaySummary): string {
  const { stored, skipped, deadLetters, agedOut, seconds, finished } = summary
  const count = (n: number) => n.toLocaleString('en')
  const lines = [
    `${count(stored)} events of ${path} stored in ${seconds.toFixed(1)} s (${count(Math.round(stored / Math.max(seconds, 0.001)))} events/s)`,
  ]
  if (skipped > 0)
    lines.push(`${count(skipped)} lines were stored by an earlier replay; --again reads them again`)
  if (deadLetters > 0)
    lines.push(`${count(deadLetters)} could not be stored and are set aside in raw_message`)
  if (agedOut > 0)
    lines.push(`${count(agedOut)} are of days that were dropped, and are not stored again`)
  if (!finished) lines.push('Interrupted; the same command goes on from here')
  return lines.join('\n')
}
