import type { AppError } from '../../errors.ts'
import type { Frame, Gap, Position } from '../../event/frame.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { LogBatch, LogReader, Offset, ReadOptions } from '../eventlog.ts'
import { clientOptions, type KafkaConnection } from './connection.ts'
import { hasApiId } from './errors.ts'
import { type Fetched, type Fetcher, openFetcher } from './fetcher.ts'
import { patiently } from './patience.ts'
import { readEntry } from './record.ts'

export interface KafkaReaderOptions {
  readonly connection: KafkaConnection
  readonly topic: string
  readonly partition: number
  /** The last stored position of this partition: where a gap begins when the log has lost what came after it. */
  readonly position: () => Position | null
  /** Everything before the offset is stored. */
  readonly onReleased: (offset: Offset) => void
  readonly onTrouble: (error: AppError | null) => void
  /** Told of each gap that Kafka made. */
  readonly onGap?: () => void
  readonly logger: Logger
}

/** The broker answers as soon as it has this much: a few events each time would cost more than they are worth. */
const minFetchBytes = 64 * 1024

interface Buffered {
  readonly frames: Frame[]
  /** Offset of each frame. */
  readonly offsets: Offset[]
  gaps: Gap[]
  watermark: Position | null
  /** Behind everything that is buffered. */
  next: Offset
}

/**
 * One partition of the Kafka log. While brokers are away it waits and tries again. What Kafka has thrown away unread, because
 * its time was up, becomes a gap.
 */
export function openKafkaReader(options: KafkaReaderOptions): LogReader & AsyncDisposable {
  const { connection, topic, partition, logger, onTrouble } = options
  const fetcher = openFetcher(clientOptions(connection, 'bluesky-analytics-persistence'), {
    topic,
    partition,
  })

  return {
    async *read({ from, maxFrames, maxWaitMs, signal }: ReadOptions): AsyncGenerator<LogBatch> {
      const buffer: Buffered = { frames: [], offsets: [], gaps: [], watermark: null, next: from }
      let ahead: Promise<Fetched> | null = null
      let lastRead: Position | null = null
      let lostFrom: Position | null = null
      const fetchNext = () => {
        const wish = { offset: buffer.next, maxWaitMs, minBytes: minFetchBytes }
        const fetching = patiently(() => fetchOrForget(fetcher, wish), {
          attempt: `cannot read partition ${partition} of topic ${topic}`,
          signal,
          onTrouble,
        })
        fetching.catch(() => undefined) // awaited below, if anybody still wants it
        return fetching
      }
      try {
        while (!signal.aborted) {
          try {
            const fetched: Fetched = await (ahead ?? fetchNext())
            ahead = null
            const before = buffer.frames.length
            take(fetched, buffer)
            const first = buffer.frames[before]
            if (lostFrom && first) {
              buffer.gaps.push(gapBetween(lostFrom, first.position))
              options.onGap?.()
              lostFrom = null
            }
            lastRead = buffer.frames.at(-1)?.position ?? lastRead
            // A long queue: batches are filled up, and the next answer is on its way while one is stored.
            if (fetched.end > buffer.next) {
              ahead = buffer.frames.length < 2 * maxFrames ? fetchNext() : null
              if (ahead && buffer.frames.length < maxFrames) continue
            }
          } catch (error) {
            ahead = null
            if (!hasApiId(Object(error).cause, 'OFFSET_OUT_OF_RANGE')) throw error
            // What was read and is not stored yet is not lost.
            lostFrom ??= lastRead ?? options.position()
            buffer.next = await findFirst(buffer.next, signal)
            continue
          }
          while (buffer.frames.length >= maxFrames || (!ahead && hasContent(buffer))) {
            if (signal.aborted) return
            yield give(buffer, maxFrames)
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },

    release: (offset) => options.onReleased(offset),

    [Symbol.asyncDispose]: () => fetcher[Symbol.asyncDispose](),
  }

  /** Where there still is something to read, after the offset that was asked for turned out not to be there. */
  async function findFirst(asked: Offset, signal: AbortSignal): Promise<Offset> {
    const { first, end } = await patiently(() => fetcher.bounds(), {
      attempt: `cannot read partition ${partition} of topic ${topic}`,
      signal,
      onTrouble,
    })
    logger.warn(
      { topic, partition, asked, first, end },
      asked < first
        ? 'Kafka has thrown away events that were not stored; reading on from the first it has'
        : 'the topic was made anew; reading from its beginning',
    )
    return first
  }
}

async function fetchOrForget(
  fetcher: Fetcher,
  wish: Parameters<Fetcher['fetch']>[0],
): Promise<Fetched> {
  try {
    return await fetcher.fetch(wish)
  } catch (error) {
    fetcher.forget() // the partition may have another leader by now
    throw error
  }
}

function take({ records, offsets, next }: Fetched, buffer: Buffered): void {
  const arrivedUs = Date.now() * 1_000
  for (const [index, record] of records.entries()) {
    const entry = readEntry(record, arrivedUs)
    switch (entry.kind) {
      case 'frame':
        buffer.frames.push(entry.frame)
        buffer.offsets.push(offsets[index] ?? 0)
        break
      case 'gap':
        buffer.gaps.push(entry.gap)
        break
      case 'watermark':
        buffer.watermark = entry.position
        break
      default:
        entry satisfies never
    }
  }
  buffer.next = next
}

function hasContent({ frames, gaps, watermark }: Buffered): boolean {
  return frames.length > 0 || gaps.length > 0 || watermark !== null
}

/** Takes at most so many frames out; watermarks and gaps go with the last of them, never ahead of what they speak of. */
function give(buffer: Buffered, maxFrames: number): LogBatch {
  if (buffer.frames.length > maxFrames) {
    const frames = buffer.frames.splice(0, maxFrames)
    buffer.offsets.splice(0, maxFrames)
    const next = buffer.offsets[0] ?? buffer.next
    return { chunk: { frames, gaps: [] }, next, watermark: null }
  }
  const { gaps, watermark, next } = buffer
  const frames = buffer.frames.splice(0)
  buffer.offsets.splice(0)
  buffer.gaps = []
  buffer.watermark = null
  return { chunk: { frames, gaps }, next, watermark }
}

function gapBetween(before: Position, after: Position): Gap {
  return {
    host: before.host,
    fromUs: before.timeUs,
    toUs: Math.max(before.timeUs, after.timeUs),
    reason: 'log-expired',
  }
}
