import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { LogWriter } from './eventlog.ts'

/** The same log, with what is appended to it counted in a registry. */
export function meterLog<Log extends LogWriter>(log: Log, registry: Registry): Log {
  const registers = [registry]
  const frames = new Counter({
    name: 'bluesky_log_appended_frames_total',
    help: 'Events that the log has taken over (in memory) or acknowledged (Kafka).',
    registers,
  })
  const seconds = new Histogram({
    name: 'bluesky_log_append_seconds',
    help: 'Time until the log took a chunk of events, waiting for room included.',
    buckets: [0.0001, 0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30],
    registers,
  })
  new Gauge({
    name: 'bluesky_log_frames',
    help: 'Events held in the memory of this process: not stored yet (in memory), or not acknowledged yet (Kafka).',
    registers,
    collect() {
      this.set(log.status().frames)
    },
  })
  new Gauge({
    name: 'bluesky_log_bytes',
    help: 'Bytes of these events; bounded by EVENTLOG_MAX_BYTES (in memory).',
    registers,
    collect() {
      this.set(log.status().bytes)
    },
  })
  return {
    ...log,
    async append(chunk, signal) {
      const end = seconds.startTimer()
      await log.append(chunk, signal)
      end()
      frames.inc(chunk.frames.length)
    },
  }
}
