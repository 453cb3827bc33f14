/** How a database will grow: pure arithmetic on what was measured. */
import type { Partition } from '../store/space/retention-partitions.ts'
import { dayOf, type RetentionDays, tooOld } from './retention-rules.ts'

export interface Growth {
  readonly usedBytes: number
  readonly partitions: readonly Partition[]
  /** Bytes that a day of events adds to each table. */
  readonly perDay: ReadonlyMap<string, number>
  /** Of tables whose days go as wholes, how long each is kept; others keep everything. */
  readonly kept: ReadonlyMap<string, number>
  readonly days: RetentionDays
}

const dayMs = 86_400_000
const horizonDays = 3_650

/** Bytes taken so many days from now, with everything dropped by then that will be too old. */
export function bytesAfter(growth: Growth, afterDays: number, nowMs: number): number {
  const gone = tooOld(growth.partitions, growth.days, nowMs + afterDays * dayMs)
  const dropped = gone.reduce((sum, { bytes }) => sum + bytes, 0)
  let added = 0
  for (const [table, bytes] of growth.perDay) {
    const kept = growth.kept.get(table) ?? 0
    added += bytes * (kept === 0 ? afterDays : Math.min(afterDays, kept))
  }
  return growth.usedBytes + added - dropped
}

/** Days until a limit is reached, 0 where it is; null where that is not within ten years. */
export function daysUntil(growth: Growth, limitBytes: number, nowMs: number): number | null {
  if (growth.usedBytes >= limitBytes) return 0
  let before = growth.usedBytes
  for (let day = 1; day <= horizonDays; day++) {
    const bytes = bytesAfter(growth, day, nowMs)
    if (bytes >= limitBytes) return day - 1 + (limitBytes - before) / (bytes - before)
    before = bytes
  }
  return null
}

/** Bytes of a table that an event takes, from the newest days of which all events are in and all rows still there. */
export function bytesPerEvent(
  partitions: readonly Partition[],
  eventsByDay: ReadonlyMap<number, number>,
  { nowMs, days }: { readonly nowMs: number; readonly days: number },
): number | null {
  const today = dayOf(nowMs)
  const measured = partitions.filter(({ firstDay }) => (eventsByDay.get(firstDay) ?? 0) > 0)
  const full = measured.filter(({ endDay }) => endDay <= today).slice(-days)
  const chosen = full.length > 0 ? full : measured
  const events = chosen.reduce((sum, { firstDay }) => sum + (eventsByDay.get(firstDay) ?? 0), 0)
  return events === 0 ? null : chosen.reduce((sum, { bytes }) => sum + bytes, 0) / events
}
