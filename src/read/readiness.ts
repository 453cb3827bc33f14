import type { Component } from '../contract/health.ts'
import type { Probe } from '../contract/probes.ts'

/** Whether the components that a process needs for its work are there. Slow ones are; those that only start are not. */
export function readinessOf(
  components: readonly Component[],
  needs: readonly Component['name'][],
): Probe {
  const checks = needs.map((name) => {
    const component = components.find((known) => known.name === name)
    return {
      name,
      ok: component?.state === 'ok' || component?.state === 'degraded',
      detail: component?.detail ?? 'not there yet',
    }
  })
  return { ok: checks.every(({ ok }) => ok), checks }
}
