import type { Health } from '#contract/health.ts'

export interface Step {
  readonly name: string
  readonly state: 'done' | 'running' | 'waiting' | 'failed'
  readonly detail: string
}

/** How far a fresh start has come, from what /health says. */
export function firstRunSteps(health: Health | undefined): Step[] {
  const find = (name: Health['components'][number]['name']) =>
    health?.components.find((component) => component.name === name)
  const database = find('database')
  const source = find('source')
  const databaseReady = database?.state === 'ok' || database?.state === 'degraded'
  const connected = source?.state === 'ok' || source?.state === 'degraded'
  const first = health?.asOf != null
  const step = (
    name: string,
    done: boolean,
    facts: { down: boolean; reachable: boolean; detail: string | undefined },
  ): Step => ({
    name,
    state: done ? 'done' : facts.down ? 'failed' : facts.reachable ? 'running' : 'waiting',
    detail: facts.detail ?? '',
  })
  return [
    step('Database', databaseReady, {
      down: database?.state === 'down',
      reachable: true,
      detail: database?.detail ?? 'Waiting for the server',
    }),
    step(connectionTo(health?.source), connected, {
      down: source?.state === 'down',
      reachable: databaseReady,
      detail: source?.detail,
    }),
    step('First events', first, {
      down: false,
      reachable: connected,
      detail: first ? undefined : 'They arrive within seconds of the connection',
    }),
    step('First chart', false, {
      down: false,
      reachable: first,
      detail: 'Drawn as soon as there is something to count',
    }),
  ]
}

function connectionTo(source: Health['source'] | undefined): string {
  switch (source) {
    case 'jetstream':
      return 'Connection to Jetstream'
    case 'file':
      return 'Recording'
    case 'synthetic':
      return 'Synthetic network'
    case 'none':
    case undefined:
      return 'Connection to a source'
    default:
      return source satisfies never
  }
}
