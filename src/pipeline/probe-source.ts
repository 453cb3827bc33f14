import type { Config } from '../config.ts'
import { decodeFrame } from '../event/decode.ts'
import type { Chunk } from '../event/frame.ts'
import type { SourceProbe } from '../read/question.ts'
import type { SourceStatus } from '../source/source.ts'
import type { Logger } from '../telemetry/logger.ts'
import { openConfiguredSource } from './open-source.ts'

/**
 * Listens to the configured source for some seconds over a connection of its own, from the live end, and says what came.
 * Touches nothing that is stored.
 */
export async function probeSource(
  config: Config,
  seconds: number,
  scope: { readonly signal: AbortSignal; readonly logger: Logger },
): Promise<SourceProbe> {
  const started = performance.now()
  const signal = AbortSignal.any([scope.signal, AbortSignal.timeout(seconds * 1_000)])
  const live = { ...config, SYNTHETIC_HISTORY_HOURS: 0 }
  let status: SourceStatus | null = null
  // Listening before the source does: afterwards it only says that it was stopped.
  signal.addEventListener('abort', () => {
    status = source.status()
  })
  const source = openConfiguredSource(live, null, { ...scope, signal })
  const seen = { events: 0, bytes: 0, wire: null as string | null, lagMs: null as number | null }
  const kinds: Record<string, number> = {}
  let trouble: string | null = null
  try {
    for await (const chunk of source.chunks()) count(chunk, seen, kinds)
  } catch (error) {
    if (!signal.aborted) trouble = error instanceof Error ? error.message : String(error)
  }
  const { host, detail } = status ?? source.status()
  const ok = seen.events > 0
  return {
    ...seen,
    ok,
    host,
    kinds,
    durationMs: Math.round(performance.now() - started),
    detail: trouble ?? (ok ? `${seen.events} events from ${host}` : detail),
  }
}

function count(
  chunk: Chunk,
  seen: { events: number; bytes: number; wire: string | null; lagMs: number | null },
  kinds: Record<string, number>,
): void {
  for (const { bytes, position, receivedUs } of chunk.frames) {
    const event = decodeFrame(bytes, receivedUs)
    const kind = event.kind === 'commit' ? event.collection : event.kind
    kinds[kind] = (kinds[kind] ?? 0) + 1
    seen.events += 1
    seen.bytes += bytes.length
    seen.wire = position.wire
    seen.lagMs = Math.max(0, Math.round((receivedUs - position.timeUs) / 1_000))
  }
}
