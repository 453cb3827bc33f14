import { setTimeout } from 'node:timers/promises'
import type { Chunk } from '../event/frame.ts'
import type { LogStatus, LogWriter } from '../eventlog/eventlog.ts'
import type { Source, SourceState, SourceStatus } from '../source/source.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { StatusBoard } from './status-board.ts'

const statusMs = 250

/** Most bytes that are gathered while the log takes what came before. */
const maxGatheredBytes = 1024 * 1024

/**
 * Moves chunks from a source to the log until the source ends or the signal aborts, at the speed of the slower one. What comes
 * while the log is busy goes into it together: a log on other machines takes few large chunks faster than many small ones.
 */
export async function pump(
  source: Pick<Source, 'chunks'>,
  log: LogWriter,
  signal: AbortSignal,
): Promise<void> {
  const gathered: Chunk[] = []
  let gatheredBytes = 0
  let draining: Promise<void> | null = null
  let taken = Promise.withResolvers<void>()
  const failures: unknown[] = []
  const take = () => {
    const chunk = join(gathered.splice(0))
    gatheredBytes = 0
    taken.resolve()
    taken = Promise.withResolvers()
    return chunk
  }
  const drain = async () => {
    try {
      while (gathered.length > 0) await log.append(take(), signal)
    } catch (error) {
      failures.push(error)
      taken.resolve()
    } finally {
      draining = null
    }
  }
  try {
    for await (const chunk of source.chunks()) {
      gathered.push(chunk)
      gatheredBytes += chunk.frames.reduce((sum, { bytes }) => sum + bytes.length, 0)
      draining ??= drain()
      if (gatheredBytes >= maxGatheredBytes) await taken.promise
      if (failures.length > 0) break
    }
    await draining
    if (failures.length > 0) throw failures[0]
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    log.end()
  }
}

function join(chunks: readonly Chunk[]): Chunk {
  const [only, ...others] = chunks
  if (only && others.length === 0) return only
  return {
    frames: chunks.flatMap(({ frames }) => frames),
    gaps: chunks.flatMap(({ gaps }) => gaps),
  }
}

export interface Watched {
  readonly source: Source
  readonly log: LogWriter
  readonly board: StatusBoard
  readonly logger: Logger
}

/** Keeps the board's lines on source and log true, and logs each change of the source's state, until the signal aborts. */
export async function watch(
  { source, log, board, logger }: Watched,
  signal: AbortSignal,
): Promise<void> {
  let state: SourceState = 'idle'
  while (!signal.aborted) {
    const status = source.status()
    board.set('source', stateOf(status), status.detail)
    if (status.state !== state) announce(status, logger)
    state = status.state
    const [logState, logDetail] = describeLog(log.status())
    board.set('eventlog', logState, logDetail)
    await setTimeout(statusMs, undefined, { signal, ref: false }).catch(() => undefined) // aborted: the loop ends
  }
}

/** What the board says of a log. */
export function describeLog(status: LogStatus): ['ok' | 'degraded' | 'down', string] {
  const { frames, bytes, maxBytes, waiting, trouble } = status
  if (trouble !== null) return ['down', `${trouble}; trying again, nothing is lost meanwhile`]
  const state = waiting > 0 ? 'degraded' : 'ok'
  if (maxBytes === null) return [state, `${frames} events on their way to Kafka`]
  const room = Math.max(0, Math.round((1 - bytes / maxBytes) * 100))
  return [state, `${frames} events waiting, ${room} % free`]
}

function announce({ kind, state, detail }: SourceStatus, logger: Logger): void {
  const fields = { source: kind, state }
  if (state !== 'waiting') logger.info(fields, detail)
  else
    logger.warn(
      { ...fields, hint: 'No network here? npm start -- --demo shows invented data' },
      detail,
    )
}

function stateOf(status: SourceStatus): 'ok' | 'starting' | 'degraded' | 'down' {
  switch (status.state) {
    case 'live':
    case 'ended':
      return 'ok'
    case 'catching-up':
      return 'degraded'
    case 'idle':
    case 'connecting':
      return 'starting'
    case 'waiting':
      return 'down'
    default:
      return status.state satisfies never
  }
}
