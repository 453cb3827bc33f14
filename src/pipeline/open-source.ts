import type { Config } from '../config.ts'
import type { Position } from '../event/frame.ts'
import { openJetstream } from '../source/jetstream/jetstream.ts'
import type { JetstreamTimings } from '../source/jetstream/timings.ts'
import type { Source } from '../source/source.ts'
import { openSynthetic } from '../source/synthetic/synthetic.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Name under which the position of the configured source is kept. */
export function sourceName(config: Config): string {
  return config.SOURCE === 'synthetic' ? `synthetic:${config.SYNTHETIC_SEED}` : 'jetstream'
}

/** The source that is configured, to be read from behind a position. */
export function openConfiguredSource(
  config: Config,
  position: Position | null,
  scope: {
    readonly signal: AbortSignal
    readonly logger: Logger
    readonly timings?: Partial<JetstreamTimings> | undefined
  },
): Source {
  if (config.SOURCE === 'synthetic') {
    return openSynthetic({
      seed: config.SYNTHETIC_SEED,
      rate: config.SYNTHETIC_RATE,
      mix: '2026-07',
      historyMs: config.SYNTHETIC_HISTORY_HOURS * 3_600_000,
      speed: 'live',
      position,
      signal: scope.signal,
    })
  }
  return openJetstream({
    urls: config.JETSTREAM_URL,
    wire: config.JETSTREAM_WIRE,
    collections: config.JETSTREAM_COLLECTIONS,
    dids: config.JETSTREAM_DIDS,
    compress: config.JETSTREAM_COMPRESS,
    position,
    signal: scope.signal,
    logger: scope.logger,
    ...(scope.timings && { timings: scope.timings }),
  })
}
