/**
 * Archive: the history that a Jetstream host keeps in files, as the frames that its live wire would have sent.
 *
 * Owns planning, downloading and unpacking. Guarantees: rows come in the order of their numbers, once each, as far as the
 * host had sealed its files when it was asked; opened at a position it goes on behind it; what is read ahead is a few
 * blocks. Never: decodes records further than to the bytes of a message, or gives up because of the network. What the host
 * has thrown away as superseded (a record that was changed or deleted later) is in no archive; that is no gap.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import type { Chunk, Position } from '../../event/frame.ts'
import { readJetstreamUrl } from '../jetstream/jetstream-url.ts'
import type { Source, SourceState, SourceStatus } from '../source.ts'
import type { PlannedSegment } from './answers.ts'
import { type ArchiveRow, readRows, unpackBlock } from './block.ts'
import { ArchiveClient } from './client.ts'
import { type Converted, convertRows } from './convert.ts'
import { downloadBlocks, type PackedBlock } from './download.ts'
import { planSnapshot } from './plan.ts'
import { type ArchiveTimings, defaultTimings, type Trouble } from './request.ts'
import { createSelection } from './selection.ts'
import { type ArchiveWindow, findWindow } from './window.ts'

export interface ArchiveOptions {
  /** Address of a Jetstream host, see `readJetstreamUrl`. */
  readonly host: string
  /** Network time, µs since 1970: from the first, to before the second; null goes up to the sealed tip. */
  readonly fromUs: number
  readonly toUs: number | null
  /** Accounts, any number; empty or absent for all. */
  readonly dids?: readonly string[]
  /** NSIDs or `prefix.*`, any number; empty or absent for all. What becomes of accounts always comes. */
  readonly collections?: readonly string[]
  /** Last row that is stored; null begins at `fromUs`. One of another host is not used: numbers are a host's own. */
  readonly position: Position | null
  /** Hosted archives may ask for one. */
  readonly apiKey?: string | null
  readonly signal: AbortSignal
  readonly timings?: Partial<ArchiveTimings>
}

export interface ArchiveSource extends Source {
  /** How far it came. Null before the archive was asked. */
  reach(): ArchiveReach | null
}

export interface ArchiveReach extends ArchiveWindow {
  /** Everything that is wanted up to this number was handed out; `beforeSeq` when it has ended. */
  readonly throughSeq: number
  /**
   * Network time that is handed out completely when it has ended, µs: `toUs`, or the sealed tip where that is earlier. What
   * is younger comes over the socket with `sealedTip.seq` as cursor (which repeats that one). Null until then.
   */
  readonly throughUs: number | null
}

/** Asks nothing yet: the archive is planned when chunks are asked for. Throws `CONFIG_INVALID`. */
export function openArchiveSource(options: ArchiveOptions): ArchiveSource {
  return new OpenArchive(options)
}

class OpenArchive implements ArchiveSource {
  readonly #options: ArchiveOptions
  readonly #host: string
  readonly #client: ArchiveClient
  readonly #selects: (row: ArchiveRow) => boolean
  #started = false
  #state: SourceState = 'idle'
  #sinceMs = Date.now()
  #trouble: Trouble | null = null
  #window: ArchiveWindow | null = null
  #segment = ''
  #throughSeq = 0
  #finished = false
  #frames = 0
  #bytes = 0
  #retries = 0
  #lastTimeUs: number | null = null
  #lastFrameMs: number | null = null
  readonly #skipped: Record<string, number> = {}

  constructor(options: ArchiveOptions) {
    const { host, fromUs, toUs, dids = [], collections = [], apiKey = null } = options
    this.#options = options
    this.#host = readJetstreamUrl(host).base
    this.#selects = createSelection({ fromUs, toUs, dids, collections })
    this.#client = new ArchiveClient({
      base: this.#host.replace(/^ws/, 'http'),
      apiKey,
      timings: { ...defaultTimings, ...options.timings },
      onTrouble: (trouble) => {
        if (trouble) this.#retries += 1
        if ((trouble === null) !== (this.#trouble === null)) this.#sinceMs = Date.now()
        this.#trouble = trouble
      },
    })
  }

  async *chunks(): AsyncGenerator<Chunk> {
    if (this.#started) throw new AppError('INTERNAL', 'The chunks of a source can be read once.')
    this.#started = true
    const { signal } = this.#options
    try {
      for await (const { frames, bytes, lastSeq } of this.#read(signal)) {
        if (signal.aborted) return
        if (frames.length > 0) {
          this.#frames += frames.length
          this.#bytes += bytes
          this.#lastTimeUs = frames.at(-1)?.position.timeUs ?? null
          this.#lastFrameMs = Date.now()
          yield { frames, gaps: [] }
        }
        this.#throughSeq = Math.max(this.#throughSeq, lastSeq ?? 0)
        // Unpacking and encoding take 10 ms at a time; whoever else lives in this process wants to answer its pings.
        await nextTurn()
      }
      this.#finished = !signal.aborted
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#trouble = null
      this.#enter('ended')
    }
  }

  reach(): ArchiveReach | null {
    if (!this.#window) return null
    const tipUs = this.#window.sealedTip?.witnessedUs ?? 0
    const throughUs = this.#finished ? Math.min(this.#options.toUs ?? tipUs, tipUs) : null
    return { ...this.#window, throughSeq: this.#throughSeq, throughUs }
  }

  status(): SourceStatus {
    return {
      state: this.#trouble ? 'waiting' : this.#state,
      sinceMs: this.#sinceMs,
      detail: this.#describe(),
      kind: 'jetstream',
      host: this.#host,
      frames: this.#frames,
      bytes: this.#bytes,
      reconnects: this.#retries,
      lastTimeUs: this.#lastTimeUs,
      lastFrameMs: this.#lastFrameMs,
      skipped: { ...this.#skipped },
    }
  }

  async *#read(signal: AbortSignal): AsyncGenerator<Converted> {
    const { fromUs, toUs, dids = [], collections = [], position } = this.#options
    this.#enter('connecting')
    const own = position?.host === this.#host && position.wire === 'v2' ? position : null
    const window = await findWindow(this.#client, { fromUs, toUs, position: own }, signal)
    const { afterSeq, beforeSeq } = window
    this.#window = window
    this.#throughSeq = afterSeq
    this.#enter('catching-up')
    const request = { afterSeq, beforeSeq, dids, collections }
    for await (const page of planSnapshot(this.#client, request, signal)) {
      for (const segment of page.segments) {
        this.#segment = segment.name
        const wish = { afterSeq: page.afterSeq, beforeSeq, fromUs, toUs }
        for await (const block of downloadBlocks(this.#client, segment, wish, signal)) {
          yield* this.#convert(segment, block, window)
        }
      }
      this.#throughSeq = Math.max(this.#throughSeq, Math.min(page.plannedThroughSeq, beforeSeq))
    }
  }

  *#convert(
    { name }: PlannedSegment,
    { index, packed, bodyBytes }: PackedBlock,
    { beforeSeq, epoch }: ArchiveWindow,
  ): Generator<Converted> {
    const floor = this.#throughSeq
    try {
      yield* convertRows(readRows(unpackBlock(packed, bodyBytes)), {
        host: this.#host,
        epoch,
        selects: (row) => row.seq > floor && row.seq <= beforeSeq && this.#selects(row),
        onSkipped: (reason) => {
          this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1
        },
      })
    } catch (cause) {
      const text = `${this.#host}: block ${index} of ${name}: ${(cause as Error).message}`
      throw new AppError('SOURCE_REJECTED', text, { cause })
    }
  }

  #enter(state: SourceState): void {
    this.#state = state
    this.#sinceMs = Date.now()
  }

  #describe(): string {
    if (this.#trouble) {
      const seconds = Math.ceil(this.#trouble.delayMs / 1_000)
      return `archive of ${this.#host}: ${this.#trouble.message}; trying again in ${seconds} s`
    }
    const { beforeSeq = 0 } = this.#window ?? {}
    const numbers = `number ${this.#throughSeq} of ${beforeSeq}`
    if (this.#finished) return `archive of ${this.#host} read up to ${numbers}`
    if (this.#state === 'ended') return `archive of ${this.#host} left at ${numbers}`
    if (this.#segment === '') return `asking ${this.#host} what its archive has`
    return `archive of ${this.#host}: ${numbers}, in ${this.#segment}`
  }
}
