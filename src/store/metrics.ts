import { Counter, Histogram, type Registry } from 'prom-client'

/** What happens while events are stored. */
export interface StoreMetrics {
  /** A batch was committed. */
  stored(batch: StoredBatch): void
  /** The database was away, and is connected to again. */
  reconnected(): void
}

export interface StoredBatch {
  readonly frames: number
  readonly deadLetters: number
  readonly commitMs: number
}

/** Series of the store. */
export function createStoreMetrics(registry: Registry): StoreMetrics {
  const registers = [registry]
  const events = new Counter({
    name: 'bluesky_store_events_total',
    help: 'Events stored, those set aside included.',
    registers,
  })
  const deadLetters = new Counter({
    name: 'bluesky_store_dead_letters_total',
    help: 'Messages set aside because they could not be stored.',
    registers,
  })
  const batchEvents = new Histogram({
    name: 'bluesky_store_batch_events',
    help: 'Events in a batch, which is one transaction.',
    buckets: [1, 10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000],
    registers,
  })
  const commitSeconds = new Histogram({
    name: 'bluesky_store_commit_seconds',
    help: 'Time to write and commit a batch.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const reconnects = new Counter({
    name: 'bluesky_store_reconnects_total',
    help: 'Times the database was connected to again after it was away.',
    registers,
  })
  return {
    stored(batch) {
      events.inc(batch.frames)
      deadLetters.inc(batch.deadLetters)
      batchEvents.observe(batch.frames)
      commitSeconds.observe(batch.commitMs / 1000)
    },
    reconnected: () => reconnects.inc(),
  }
}
