import { Gauge, type Registry } from 'prom-client'
import type { Component } from '../contract/health.ts'
import type { Observation } from './observation.ts'

/** Where what was observed of a process and its database is told. */
export interface StateMetrics {
  /** Null where nothing could be found out in time. */
  set(observation: Observation | null): void
}

const worth: Readonly<Record<Component['state'], number>> = {
  ok: 1,
  starting: 0.5,
  degraded: 0.5,
  down: 0,
}

/** Series about the state of the process, and about its database: these every process tells that has one. */
export function createStateMetrics(registry: Registry): StateMetrics {
  const registers = [registry]
  const up = new Gauge({
    name: 'bluesky_component_up',
    help: '1 where a component is well, 0.5 where it is starting or degraded, 0 where it is down.',
    labelNames: ['component'],
    registers,
  })
  const lagFrames = new Gauge({
    name: 'bluesky_log_lag_frames',
    help: 'Events in a partition of Kafka that are not stored yet. Absent where the end is not known.',
    labelNames: ['partition'],
    registers,
  })
  const lagSeconds = new Gauge({
    name: 'bluesky_log_lag_seconds',
    help: 'Age of the newest stored event of a partition of Kafka; 0 where nothing waits.',
    labelNames: ['partition'],
    registers,
  })
  const age = new Gauge({
    name: 'bluesky_collection_age_seconds',
    help: 'How much older the newest event of a collection is than the newest of all; told by the minute.',
    labelNames: ['collection'],
    registers,
  })
  const silent = new Gauge({
    name: 'bluesky_collection_silent',
    help: '1 where a collection fell silent while others flow. The rest is told together as other.',
    labelNames: ['collection'],
    registers,
  })
  const deadLetters = new Gauge({
    name: 'bluesky_dead_letters',
    help: 'Messages that were set aside and wait to be dealt with; counted up to 100,000.',
    registers,
  })
  const bytes = new Gauge({
    name: 'bluesky_database_bytes',
    help: 'Bytes of the database on disk.',
    registers,
  })
  return {
    set(observation) {
      // What is not known now is not told as it was.
      for (const gauge of [up, lagFrames, lagSeconds, age, silent]) gauge.reset()
      deadLetters.remove()
      bytes.remove()
      if (observation === null) return
      const { health, collections, sizes } = observation
      for (const { name, state } of health.components) up.set({ component: name }, worth[state])
      for (const { partition, lag, lagMs } of health.partitions) {
        if (lag !== null) lagFrames.set({ partition }, lag)
        if (lagMs !== null) lagSeconds.set({ partition }, lagMs / 1000)
      }
      for (const named of collections) {
        const { collection, ageMs } = named
        if (ageMs !== null) age.set({ collection }, ageMs / 1000)
        silent.set({ collection }, named.silent ? 1 : 0)
      }
      if (sizes === null) return
      deadLetters.set(sizes.deadLetters)
      bytes.set(sizes.databaseBytes)
    },
  }
}
