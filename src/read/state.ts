import type { Health } from '../contract/health.ts'
import type { Probe } from '../contract/probes.ts'
import { askReadiness, healthQuestion, healthWithoutDatabase, needsOf } from './health.ts'
import { inTime } from './in-time.ts'
import { nameAges, type Observation, readSizes } from './observation.ts'
import type { Database, ProcessProbe, ReadContext } from './question.ts'
import { readinessOf } from './readiness.ts'
import { remember } from './remember.ts'

/** The state of this process, for those who watch it. */
export interface StateReader {
  health(signal: AbortSignal): Promise<Health>
  ready(): Promise<Probe>
  /** Null where nothing could be found out in time. */
  observe(): Promise<Observation | null>
}

export interface StateOptions {
  readonly contextOf: (signal: AbortSignal) => ReadContext
  /** For answers that are shared by all who wait: they do not end with one of them. */
  readonly db: Database
  readonly silence: ReadContext['silence']
  /** Own clock, ms. */
  readonly now: () => number
}

/** Whoever asks, and however often: probes are not counted by the rate limit. */
const sharedMs = 1_000
const sizesKeptMs = 30_000
/** Shorter than the ten seconds after which a monitoring system gives up. */
const observeMs = 7_000

export function createStateReader({ contextOf, db, silence, now }: StateOptions): StateReader {
  const sizes = remember(sizesKeptMs, now, () => readSizes(db))
  const context = () => contextOf(AbortSignal.timeout(observeMs))
  const ready = remember(sharedMs, now, () => askReadiness(context()))
  const observe = remember(sharedMs, now, async (): Promise<Observation> => {
    const health = await healthQuestion.answer({}, context())
    const database = health.components.find(({ name }) => name === 'database')
    if (database?.state === 'down') return { health, collections: [], sizes: null }
    const [known, found] = await Promise.all([
      silence().catch(() => null), // said in the component `collections`
      sizes().catch(() => null), // said in the component `database`
    ])
    return { health, collections: known ? nameAges(known.collections) : [], sizes: found }
  })
  return {
    health: (signal) => healthQuestion.answer({}, contextOf(signal)),
    ready,
    observe: () => inTime(observe(), observeMs, null),
  }
}

/** The state of a process that has no database. */
export function createStateWithoutDatabase(process: Pick<ProcessProbe, 'health'>): StateReader {
  const health = async () => healthWithoutDatabase(await process.health(), Date.now())
  return {
    health,
    async ready() {
      const own = await process.health()
      return readinessOf(own.components, needsOf(own))
    },
    observe: async () => ({ health: await health(), collections: [], sizes: null }),
  }
}
