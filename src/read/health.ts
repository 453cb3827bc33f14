import {
  type Component,
  componentStates,
  type Health,
  health,
  type Partition,
} from '../contract/health.ts'
import type { Probe } from '../contract/probes.ts'
import { sql } from '../db/sql.ts'
import { formatTimeUs } from '../event/time.ts'
import { askCoverage } from './coverage-component.ts'
import { readPartitions } from './partitions.ts'
import { defineQuestion, type ProcessHealth, type ReadContext } from './question.ts'
import { readinessOf } from './readiness.ts'
import { type Freshness, readFreshness } from './sources.ts'

export const healthQuestion = defineQuestion(health, async (_query, context): Promise<Health> => {
  const [own, database] = await Promise.all([context.process.health(), askDatabase(context)])
  if (database.component.state === 'down') {
    return compose(own, { components: [database.component], partitions: [] }, context)
  }
  const [collections, coverage, partitions] = await Promise.all([
    askSilence(context),
    askCoverage(context).catch((error) => downSince('coverage', 'degraded', error, context)),
    readPartitions(context).catch(() => []), // the next answer will say that the database is down
  ])
  const backlog = askBacklog(partitions, context)
  const said = own.components.find(({ name }) => name === 'eventlog')
  // What a stage says of itself goes before, unless it is too good to be true.
  const taken = backlog && (!said || (said.state === 'ok' && backlog.state !== 'ok'))
  const others = taken ? own.components.filter((component) => component !== said) : own.components
  const components = [database.component, ...(taken ? [backlog] : []), collections, coverage]
  const found = { components, partitions, freshness: database.freshness }
  return compose({ ...own, components: others }, found, context)
})

/** Health of a process that has no database: what it says about itself. */
export function healthWithoutDatabase(own: ProcessHealth, nowMs: number): Health {
  return compose(own, { components: [], partitions: [] }, { nowMs })
}

/** Whether the process can do its work now; less to ask than health. */
export async function askReadiness(context: ReadContext): Promise<Probe> {
  const [own, database] = await Promise.all([context.process.health(), askDatabase(context)])
  return readinessOf([database.component, ...own.components], needsOf(own))
}

/** What a process needs where it does not say so: enough to answer questions. */
export function needsOf(own: ProcessHealth): readonly Component['name'][] {
  return own.needs ?? ['database']
}

const longBacklogMs = 60_000

/** What waits in Kafka: answers are as old as that. Null where the process does not know Kafka, or nothing came through it. */
function askBacklog(
  partitions: readonly Partition[],
  { nowMs, process }: ReadContext,
): Component | null {
  if (!process.endOffsets || partitions.length === 0) return null
  const known = partitions.filter(({ lag }) => lag !== null)
  if (known.length === 0) {
    const since = new Date(nowMs).toISOString()
    return { name: 'eventlog', state: 'degraded', since, detail: 'Kafka does not say what waits' }
  }
  const events = known.reduce((sum, { lag }) => sum + (lag ?? 0), 0)
  const behindMs = Math.max(...known.map(({ lagMs }) => lagMs ?? 0))
  const behind = behindMs > longBacklogMs
  return {
    name: 'eventlog',
    state: behind ? 'degraded' : 'ok',
    since: new Date(behind ? nowMs - behindMs : nowMs).toISOString(),
    detail: behind
      ? `${events} events wait in Kafka, the oldest for ${Math.round(behindMs / 60_000)} minutes`
      : `${events} events wait in Kafka`,
  }
}

interface Found extends Pick<Health, 'components' | 'partitions'> {
  readonly freshness?: Freshness
}

function compose(
  own: ProcessHealth,
  { components: found, partitions, freshness }: Found,
  { nowMs }: Pick<ReadContext, 'nowMs'>,
): Health {
  const components = [...found, ...own.components]
  const asOfUs = freshness?.asOfUs ?? null
  return {
    status: worst(components),
    ready: readinessOf(components, needsOf(own)).ok,
    name: own.name,
    version: own.version,
    now: new Date(nowMs).toISOString(),
    source: own.source,
    synthetic: freshness?.synthetic === true || own.source === 'synthetic',
    asOf: asOfUs === null ? null : formatTimeUs(asOfUs),
    lagMs: asOfUs === null ? null : Math.max(0, nowMs - asOfUs / 1000),
    components,
    partitions,
  }
}

/** The worst state of some components: none is better than what it stands on. */
export function worst(components: readonly Component[]): Component['state'] {
  const order: readonly Component['state'][] = componentStates
  const ranks = components.map(({ state }) => order.indexOf(state))
  return order[Math.max(0, ...ranks)] ?? 'down'
}

const slowMs = 1_000

async function askDatabase(
  context: ReadContext,
): Promise<{ component: Component; freshness: Freshness }> {
  const started = performance.now()
  try {
    const [freshness, [server]] = await Promise.all([
      readFreshness(context),
      context.db.query<{ startedAt: Date; version: string }>(sql`
        select
          pg_postmaster_start_time() as "startedAt",
          current_setting('server_version') as "version"`),
    ])
    const ms = Math.round(performance.now() - started)
    const version = server?.version ?? ''
    return {
      component: {
        name: 'database',
        state: ms > slowMs ? 'degraded' : 'ok',
        since: (server?.startedAt ?? new Date(context.nowMs)).toISOString(),
        detail: `PostgreSQL ${version} answered in ${ms} ms`,
      },
      freshness,
    }
  } catch (error) {
    return {
      component: downSince('database', 'down', error, context),
      freshness: { asOfUs: null, synthetic: false },
    }
  }
}

/** Not knowing is no good state, but no failure of the database either: it may be the time that ran out. */
async function askSilence(context: ReadContext): Promise<Component> {
  try {
    return (await context.silence()).component
  } catch (error) {
    return downSince('collections', 'degraded', error, context)
  }
}

function downSince(
  name: Component['name'],
  state: Component['state'],
  error: unknown,
  { nowMs }: ReadContext,
): Component {
  const detail = error instanceof Error ? error.message : 'the database does not answer'
  return { name, state, since: new Date(nowMs).toISOString(), detail }
}
