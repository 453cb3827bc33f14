import { Counter, Gauge, type Registry } from 'prom-client'
import type { Chunk } from '../event/frame.ts'
import { gapCounter } from '../telemetry/metrics.ts'
import type { Source } from './source.ts'

/** The same source, with what it does counted in a registry. */
export function meterSource(source: Source, registry: Registry): Source {
  const registers = [registry]
  const gaps = gapCounter(registry)
  new Counter({
    name: 'bluesky_source_frames_total',
    help: 'Events received from the source.',
    registers,
    collect() {
      setTo(this, source.status().frames)
    },
  })
  new Counter({
    name: 'bluesky_source_bytes_total',
    help: 'Bytes of the events received.',
    registers,
    collect() {
      setTo(this, source.status().bytes)
    },
  })
  new Counter({
    name: 'bluesky_source_reconnects_total',
    help: 'Times the source was connected to again.',
    registers,
    collect() {
      setTo(this, source.status().reconnects)
    },
  })
  new Counter({
    name: 'bluesky_source_skipped_total',
    help: 'Messages that were no events to hand on, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      for (const [reason, n] of Object.entries(source.status().skipped)) this.inc({ reason }, n)
    },
  })
  new Gauge({
    name: 'bluesky_source_lag_seconds',
    help: 'Age of the newest event received, by the clock of the network. Absent before the first.',
    registers,
    collect() {
      this.remove()
      const { lastTimeUs } = source.status()
      if (lastTimeUs !== null) this.set(Math.max(0, (Date.now() - lastTimeUs / 1000) / 1000))
    },
  })
  return {
    status: () => source.status(),
    async *chunks(): AsyncGenerator<Chunk> {
      for await (const chunk of source.chunks()) {
        gaps.inc(chunk.gaps.length)
        yield chunk
      }
    },
  }
}

/** What is counted elsewhere is told as it stands. */
function setTo(counter: Counter, value: number): void {
  counter.reset()
  counter.inc(value)
}
