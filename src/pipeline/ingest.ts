/**
 * Ingest: the configured source into Kafka, in a process that needs no database.
 *
 * Guarantees: it goes on behind what the brokers have acknowledged, on whichever machine it is started; while no broker takes
 * events it stops reading and says so; what is not acknowledged when the signal aborts is read again at the next start.
 */
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import type { Position } from '../event/frame.ts'
import type { LogWriter } from '../eventlog/eventlog.ts'
import { readKeptPositions } from '../eventlog/kafka/kept-position.ts'
import { prepareTopics } from '../eventlog/kafka/topic.ts'
import { openKafkaWriter } from '../eventlog/kafka/writer.ts'
import { meterLog } from '../eventlog/metrics.ts'
import { meterSource } from '../source/metrics.ts'
import type { Logger } from '../telemetry/logger.ts'
import { kafkaConnection, topicOptions, waitingForKafka } from './kafka.ts'
import { openConfiguredSource } from './open-source.ts'
import type { ProcessTelemetry } from './process-telemetry.ts'
import { pump, watch } from './pump.ts'
import { untilAvailable } from './until-available.ts'

export interface IngestOptions {
  readonly config: Config
  readonly logger: Logger
  /** Where the stages say how they are, and are counted and watched. */
  readonly telemetry: ProcessTelemetry
  readonly signal: AbortSignal
}

export interface Ingest {
  /** Where it goes on, or null at its first start. */
  readonly position: Position | null
  /** Resolves when everything has stopped; rejects when a stage failed for good. */
  readonly done: Promise<void>
}

const summaryMs = 60_000

/**
 * Starts reading into Kafka, as soon as that is there. Throws `AppError` KAFKA_… that waiting does not mend, and what the
 * source refuses at once.
 */
export async function openIngest(options: IngestOptions): Promise<Ingest> {
  const { config, logger, telemetry } = options
  const { board } = telemetry
  const connection = await kafkaConnection(config)
  const waiting = waitingForKafka({ signal: options.signal, logger, board })
  const topic = await untilAvailable(() => prepareTopics(connection, topicOptions(config)), waiting)
  for (const warning of topic.warnings) logger.warn({ topic: topic.topic }, warning)
  const positions = await untilAvailable(() => readKeptPositions(connection, topic.topic), waiting)
  requireSameKind(positions, config.SOURCE === 'synthetic', topic.topic)
  const position = positions.get(config.INGEST_NAME) ?? null
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  const origin = openConfiguredSource(config, position, { signal, logger })
  const source = meterSource(origin, telemetry.registry)
  const writer = openKafkaWriter({
    connection,
    topic,
    name: config.INGEST_NAME,
    compression: config.KAFKA_COMPRESSION,
    logger,
  })
  const progress = telemetry.liveness.watch({
    name: 'eventlog',
    isDue() {
      const { frames, trouble } = writer.status()
      return frames > 0 && trouble === null
    },
  })
  const log = countAppended(meterLog(writer, telemetry.registry), () => progress.made())
  const summary = setInterval(() => {
    const frames = log.takeCount()
    if (frames > 0) logger.info({ frames, source: source.status().state }, 'sent to Kafka')
  }, summaryMs)
  summary.unref()
  board.set('eventlog', 'ok', `topic ${topic.topic} with ${topic.partitions} partitions`)
  const stages = [pump(source, log, signal), watch({ source, log, board, logger }, signal)]
  for (const stage of stages) stage.catch((error: unknown) => failed.abort(error))
  const done = Promise.allSettled(stages).then(async () => {
    clearInterval(summary)
    await writer[Symbol.asyncDispose]()
    if (failed.signal.aborted && !options.signal.aborted) throw failed.signal.reason
  })
  return { position, done }
}

function countAppended(
  writer: LogWriter,
  onAppended: () => void,
): LogWriter & { takeCount(): number } {
  let frames = 0
  return {
    async append(chunk, signal) {
      await writer.append(chunk, signal)
      frames += chunk.frames.length
      onAppended()
    },
    end: () => writer.end(),
    status: () => writer.status(),
    takeCount() {
      const count = frames
      frames = 0
      return count
    },
  }
}

/** Invented and real events in one topic would end in one database. */
function requireSameKind(
  positions: ReadonlyMap<string, Position>,
  synthetic: boolean,
  topic: string,
): void {
  for (const [name, { host }] of positions) {
    if (host.startsWith('synthetic:') === synthetic) continue
    throw new AppError(
      'KAFKA_UNFIT',
      synthetic
        ? `topic ${topic} holds real events (from ${name}); invented ones would mix with them`
        : `topic ${topic} holds invented events (from ${name}); real ones would mix with them`,
      { hint: 'Use another KAFKA_TOPIC.' },
    )
  }
}
