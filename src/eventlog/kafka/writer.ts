import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { type MessageToProduce, Producer } from '@platformatic/kafka'
import type { AppError } from '../../errors.ts'
import type { Chunk, Frame, Position } from '../../event/frame.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { LogStatus, LogWriter } from '../eventlog.ts'
import { clientOptions, type KafkaConnection } from './connection.ts'
import { hasApiId } from './errors.ts'
import { positionMessage } from './kept-position.ts'
import { patiently } from './patience.ts'
import { frameMessage, gapMessage, watermarkMessage } from './record.ts'
import type { TopicDescription } from './topic.ts'

export interface KafkaWriterOptions {
  readonly connection: KafkaConnection
  readonly topic: TopicDescription
  /** Under which the reading position is kept. */
  readonly name: string
  readonly compression: 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'none'
  readonly logger: Logger
}

/** Most bytes sent at once, over all partitions and not compressed. */
const maxSendBytes = 512 * 1024
/** A chunk smaller than this is followed by a pause in which the next one grows: a few events compress badly. */
const smallSendBytes = 64 * 1024
const lingerMs = 40
const keepMs = 1_000
const closeMs = 2_000
/** Of a message that the topic does not take this much is kept, to be set aside. */
const cutBytes = 64 * 1024

/**
 * The Kafka log's writing side. `append` resolves when the brokers have acknowledged the chunk (acks=all, idempotent); while
 * they do not, it waits and tries again. Once a second the position of what was acknowledged goes into the topic of
 * positions, and as a watermark into each partition. Disposing sends the last of these.
 */
export function openKafkaWriter(options: KafkaWriterOptions): LogWriter & AsyncDisposable {
  const { connection, logger, name } = options
  const { topic, partitions } = options.topic
  const producer = new Producer({
    ...clientOptions(connection, 'bluesky-analytics-ingest'),
    idempotent: true,
    // The library takes 0 and 1 for "for ever"; the waiting is ours.
    retries: 2,
    retryDelay: 200,
    compression: options.compression,
  })
  const closing = new AbortController()
  const state = { frames: 0, bytes: 0, waiting: 0 }
  let trouble: AppError | null = null
  let acknowledged: Position | null = null
  let kept: Position | null = null
  /** Why positions can be kept no more, where waiting does not mend it. */
  let unkept: unknown = null

  const onTrouble = (error: AppError | null) => {
    if (error) logger.warn({ error: error.message }, 'Kafka does not take events; trying again')
    else if (trouble) logger.info('Kafka takes events again')
    trouble = error
  }

  const send = (messages: MessageToProduce[], signal: AbortSignal) =>
    patiently(() => producer.send({ messages }), {
      attempt: `cannot write to topic ${topic}`,
      signal,
      onTrouble,
    })

  const sendFrames = async (frames: readonly Frame[], signal: AbortSignal): Promise<void> => {
    try {
      await send(
        frames.map((frame) => frameMessage(frame, topic)),
        signal,
      )
    } catch (error) {
      const [only, ...others] = frames
      if (!only || !hasApiId(Object(error).cause, 'MESSAGE_TOO_LARGE')) throw error
      if (others.length === 0) {
        const { bytes } = only
        if (bytes.length <= cutBytes) throw error
        logger.warn({ bytes: bytes.length, position: only.position }, 'a message too large is cut')
        await sendFrames([{ ...only, bytes: bytes.subarray(0, cutBytes) }], signal)
        return
      }
      const middle = Math.ceil(frames.length / 2)
      await sendFrames(frames.slice(0, middle), signal)
      await sendFrames(frames.slice(middle), signal)
    }
  }

  const keepPosition = async (signal: AbortSignal): Promise<void> => {
    const position = acknowledged
    if (!position || position === kept) return
    const marks = Array.from({ length: partitions }, (_, partition) =>
      watermarkMessage(position, topic, partition),
    )
    await send([...marks, positionMessage(topic, name, position)], signal)
    kept = position
  }

  const keeping = keepRegularly()

  return {
    async append({ frames, gaps }: Chunk, signal) {
      signal.throwIfAborted()
      if (unkept !== null) throw unkept
      const startedMs = performance.now()
      const bytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0)
      state.frames += frames.length
      state.bytes += bytes
      state.waiting += 1
      try {
        if (gaps.length > 0)
          await send(
            gaps.map((gap) => gapMessage(gap, topic)),
            signal,
          )
        for (const slice of slices(frames)) await sendFrames(slice, signal)
        acknowledged = frames.at(-1)?.position ?? acknowledged
        // Without any, a restart would begin with what happens then, and never know what it missed.
        if (kept === null) await keepPosition(signal)
      } finally {
        state.frames -= frames.length
        state.bytes -= bytes
        state.waiting -= 1
      }
      const restMs = lingerMs - (performance.now() - startedMs)
      if (bytes >= smallSendBytes || restMs <= 0) return
      await setTimeout(restMs, undefined, { signal }).catch(() => undefined) // aborted: it is acknowledged all the same
    },

    end() {}, // readers are other processes, and go on with what other writers append

    status(): LogStatus {
      const { frames, bytes, waiting } = state
      return {
        frames,
        bytes,
        maxBytes: null,
        waiting: trouble ? waiting : 0,
        trouble: trouble?.message ?? null,
      }
    },

    async [Symbol.asyncDispose]() {
      closing.abort()
      await keeping
      await keepPosition(AbortSignal.timeout(keepMs)).catch((error: unknown) =>
        logger.warn(
          { error: String(error) },
          'the last position was not kept; some events come again',
        ),
      )
      const close = producer.close(true).catch(() => undefined) // a broker that is away needs no farewell
      await Promise.race([close, once(AbortSignal.timeout(closeMs), 'abort')])
    },
  }

  async function keepRegularly(): Promise<void> {
    const { signal } = closing
    while (!signal.aborted) {
      await setTimeout(keepMs, undefined, { signal, ref: false }).catch(() => undefined) // closing: the loop ends
      if (signal.aborted) return
      await keepPosition(signal).catch((error: unknown) => {
        if (!signal.aborted) unkept = error // fails the next append, which has somebody to tell
      })
    }
  }
}

function* slices(frames: readonly Frame[]): Generator<readonly Frame[]> {
  let first = 0
  let bytes = 0
  for (const [index, frame] of frames.entries()) {
    if (bytes > 0 && bytes + frame.bytes.length > maxSendBytes) {
      yield frames.slice(first, index)
      first = index
      bytes = 0
    }
    bytes += frame.bytes.length
  }
  if (first < frames.length) yield frames.slice(first)
}
