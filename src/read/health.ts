import { type Component, componentStates, type Health, health } from '../contract/health.ts'
import { sql } from '../db/sql.ts'
import { formatTimeUs } from '../event/time.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { type Freshness, readFreshness } from './sources.ts'

export const healthQuestion = defineQuestion(health, async (_query, context): Promise<Health> => {
  const [own, database] = await Promise.all([context.process.health(), askDatabase(context)])
  const components = [database.component, ...own.components]
  const { asOfUs, synthetic } = database.freshness
  return {
    status: worst(components),
    name: own.name,
    version: own.version,
    now: new Date(context.nowMs).toISOString(),
    source: own.source,
    synthetic: synthetic || own.source === 'synthetic',
    asOf: asOfUs === null ? null : formatTimeUs(asOfUs),
    lagMs: asOfUs === null ? null : Math.max(0, context.nowMs - asOfUs / 1000),
    components,
  }
})

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
      component: {
        name: 'database',
        state: 'down',
        since: new Date(context.nowMs).toISOString(),
        detail: error instanceof Error ? error.message : 'the database does not answer',
      },
      freshness: { asOfUs: null, synthetic: false },
    }
  }
}
