/**
 * A source into the database until a moment of network time: what healing gaps and backfilling share.
 *
 * Stores under a name of its own, and so goes on where an earlier run of the same name has stopped. Ends where the moment is
 * reached, where a connected source has nothing more, where there is no connection for long, or when the signal aborts.
 */
import type { Chunk, Gap, Position, Wire } from '../event/frame.ts'
import { createInProcessLog } from '../eventlog/in-process.ts'
import type { JetstreamTimings } from '../source/jetstream/timings.ts'
import type { Source, SourceStatus } from '../source/source.ts'
import { openStore } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { persist } from './persist.ts'
import { pump } from './pump.ts'
import { StatusBoard } from './status-board.ts'

export interface StoreLimits {
  readonly maxFrames: number
  readonly maxWaitMs: number
  readonly maxLogBytes: number
}

export interface PatienceTimings {
  /** A connected source that gives nothing for so long, past the moment it is read to, has nothing more, ms. */
  readonly quietMs: number
  /** How long there may be no connection, ms. */
  readonly connectMs: number
}

/** Hosts come back from a restart in less than a minute. */
const defaultPatience: PatienceTimings = { quietMs: 20_000, connectMs: 60_000 }
/** A host that looks for few accounts in old files was seen to be silent for minutes. */
const narrowQuietMs = 300_000

/** How hosts are read, and what comes of it is stored. */
export interface HostReading {
  readonly databaseUrl: string
  readonly wire: Wire | 'auto'
  readonly collections: readonly string[]
  /** Accounts; empty for all. */
  readonly dids: readonly string[]
  readonly compress: boolean
  /** Of the archive, where it wants one. */
  readonly apiKey: string | null
  readonly limits: StoreLimits
  readonly patience?: Partial<PatienceTimings> | undefined
  readonly timings?: Partial<JetstreamTimings> | undefined
  readonly signal: AbortSignal
  readonly logger: Logger
}

export interface StoreUntilOptions
  extends Pick<HostReading, 'databaseUrl' | 'limits' | 'patience' | 'signal' | 'logger'> {
  /** Name under which the position is kept. */
  readonly name: string
  /** Opens the source behind what is stored. */
  readonly open: (position: Position | null, signal: AbortSignal) => Source
  /** Network time up to which it is read, µs; null for all that the source has. */
  readonly untilUs: number | null
  /** Only some accounts are asked for: silence says little. */
  readonly narrow: boolean
  /** Whether something that the source has lost is noted as a gap of this name; the outcome tells all of it. */
  readonly notesGap: (gap: Gap) => boolean
  /** Called a few times a second. */
  readonly onProgress?: ((progress: StoreProgress) => void) | undefined
}

export interface StoreProgress {
  readonly stored: number
  readonly deadLetters: number
  /** Network time of the newest event that was read, µs; null before the first. */
  readonly timeUs: number | null
  /** What the source says of itself. */
  readonly detail: string
}

export interface StoreOutcome extends Omit<StoreProgress, 'timeUs'> {
  /** `reached` the moment; `ended`: the source has no more; `quiet`: nothing came any more; else it was given up. */
  readonly end: 'reached' | 'ended' | 'quiet' | 'unreachable' | 'interrupted'
  /** Position that an earlier run had come to; null where there was none. */
  readonly resumed: Position | null
  /** Network time of the first and the last event of this run, µs. */
  readonly firstUs: number | null
  readonly lastUs: number | null
  /** What the source has told of as lost. */
  readonly gaps: readonly Gap[]
}

const lookMs = 100
const nothing = {
  ...{ stored: 0, deadLetters: 0, firstUs: null, lastUs: null, gaps: [] },
  detail: 'everything was stored before',
}

/** Throws what the source or the database says that waiting does not mend. */
export async function storeUntil(options: StoreUntilOptions): Promise<StoreOutcome> {
  const { databaseUrl, name, limits, untilUs } = options
  const patience = {
    ...defaultPatience,
    ...(options.narrow && { quietMs: narrowQuietMs }),
    ...options.patience,
  }
  const failed = new AbortController()
  const enough = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  const reopen = () => openStore({ url: databaseUrl, source: name })
  const store = await reopen()
  const resumed = store.position
  if (resumed && untilUs !== null && resumed.timeUs >= untilUs) {
    await store[Symbol.asyncDispose]()
    return { ...nothing, end: 'reached', resumed }
  }
  const source = options.open(resumed, AbortSignal.any([signal, enough.signal]))
  const log = createInProcessLog(limits.maxLogBytes)
  const seen = { firstUs: null as number | null, lastUs: null as number | null, gaps: [] as Gap[] }
  const tally = { stored: 0, deadLetters: 0 }
  let end: StoreOutcome['end'] = 'ended'
  const startedMs = Date.now()
  let connectedMs = startedMs
  let toldOfWaiting = false
  const look = () => {
    const status = source.status()
    options.onProgress?.({ ...tally, timeUs: seen.lastUs, detail: status.detail })
    // A source that tells of its connections logs them itself.
    const waits = status.connectedMs === undefined && status.state === 'waiting'
    if (waits && !toldOfWaiting)
      options.logger.warn({ why: status.detail }, 'the source does not answer')
    toldOfWaiting = waits
    const nowMs = Date.now()
    if (log.status().frames > 0) return
    if (isConnected(status)) connectedMs = nowMs
    const stillMs = nowMs - Math.max(startedMs, status.connectedMs ?? 0, status.lastFrameMs ?? 0)
    if (nowMs - connectedMs >= patience.connectMs) end = 'unreachable'
    // Of a source that tells of no connection only its end says that there is no more.
    else if (typeof status.connectedMs !== 'number' || stillMs < patience.quietMs) return
    else if (untilUs !== null && nowMs * 1_000 < untilUs) return
    else end = 'quiet'
    enough.abort()
  }
  const timer = setInterval(look, lookMs)
  const bounded = {
    async *chunks(): AsyncGenerator<Chunk> {
      for await (const { frames, gaps } of source.chunks()) {
        seen.gaps.push(...gaps)
        seen.firstUs ??= frames[0]?.position.timeUs ?? null
        seen.lastUs = frames.at(-1)?.position.timeUs ?? seen.lastUs
        yield { frames, gaps: gaps.filter(options.notesGap) }
        if (untilUs === null || seen.lastUs === null || seen.lastUs < untilUs) continue
        end = 'reached'
        return
      }
    },
  }
  const stages = [
    pump(bounded, log, signal),
    persist({
      log,
      store,
      reopen,
      ...limits,
      signal,
      logger: options.logger,
      board: new StatusBoard(),
      onStored({ frames, deadLetters }) {
        tally.stored += frames - deadLetters
        tally.deadLetters += deadLetters
      },
    }),
  ]
  for (const stage of stages) stage.catch((error: unknown) => failed.abort(error))
  await Promise.allSettled(stages)
  clearInterval(timer)
  const { detail } = source.status()
  options.onProgress?.({ ...tally, timeUs: seen.lastUs, detail })
  if (failed.signal.aborted && !options.signal.aborted) throw failed.signal.reason
  if (options.signal.aborted) end = 'interrupted'
  return { ...seen, ...tally, detail, end, resumed }
}

function isConnected({ connectedMs, state }: SourceStatus): boolean {
  return connectedMs === undefined ? state !== 'waiting' : connectedMs !== null
}
