import type { Registry } from 'prom-client'
import type { Health } from '../contract/health.ts'
import { createLiveness, type Liveness } from '../telemetry/liveness.ts'
import { createRegistry } from '../telemetry/metrics.ts'
import { readVersion } from '../telemetry/version.ts'
import { StatusBoard } from './status-board.ts'

export type Role = 'start' | 'ingest' | 'persistence' | 'serve' | 'maintain'

/** What the stages of one process tell about themselves: states, numbers, and that they get on. */
export interface ProcessTelemetry {
  readonly role: Role
  readonly version: string
  readonly board: StatusBoard
  readonly registry: Registry
  readonly liveness: Liveness
  /** Partitions of Kafka that are stored here now. */
  readonly owned: Set<number>
}

export function createProcessTelemetry(role: Role): ProcessTelemetry {
  const version = readVersion()
  return {
    role,
    version,
    board: new StatusBoard(),
    registry: createRegistry({ version, role }),
    liveness: createLiveness(),
    owned: new Set(),
  }
}

/** Without which of its components a process cannot do its work. */
export const needs = {
  start: ['database'],
  serve: ['database'],
  maintain: ['database'],
  persistence: ['database', 'eventlog'],
  ingest: ['eventlog'],
} as const satisfies Record<Role, readonly Health['components'][number]['name'][]>
