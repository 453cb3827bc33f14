/** What takes which room, how it grows, and what goes next. */
import type pg from 'pg'
import { formatDay, partitionedTables } from '../store/space/partitioned-tables.ts'
import { listPartitions, type Partition } from '../store/space/retention-partitions.ts'
import { dayOf, daysKept, expendable, type RetentionDays } from './retention-rules.ts'
import { bytesAfter, bytesPerEvent, daysUntil, type Growth } from './storage-forecast.ts'
import { readUse, type StorageLimit, type StorageSettings } from './storage-limit.ts'
import {
  readDatabaseSize,
  readEventsByDay,
  readListenedMs,
  readTableSizes,
} from './storage-queries.ts'

export type SpaceSettings = RetentionDays & StorageSettings

export interface StorageReport {
  readonly now: string
  /** All files of the database; `usedBytes` adds room for the server's log. */
  readonly databaseBytes: number
  readonly usedBytes: number
  readonly limit: StorageLimit | null
  /** The largest first; what is of no table is `catalogues`. */
  readonly tables: readonly TableReport[]
  /** Records that are or were stored, each once. */
  readonly events: number
  /** Full days that what follows is measured on; with 0 it is a guess from what there is, and rather too high. */
  readonly measuredDays: number
  /** Null where too little is stored to tell. */
  readonly eventsPerDay: number | null
  readonly bytesPerEvent: number | null
  /** What a day of events adds, before anything is dropped. */
  readonly bytesPerDay: number | null
  /** What the next day adds once that is dropped which will be too old. */
  readonly growthPerDay: number | null
  /** Until the limit is reached; 0 where it is, null where that is not in sight or not known. */
  readonly daysLeft: number | null
  /** What is kept by day or month. */
  readonly kept: readonly KeptReport[]
  /** What goes first when room is needed. */
  readonly nextForRoom: NamedPartition | null
}

export interface TableReport {
  readonly name: string
  readonly bytes: number
  /** Of the whole database, 0 to 1. */
  readonly share: number
  /** An estimate of the server. */
  readonly rows: number
  /** What an event adds to it; null where too little is stored to tell. */
  readonly bytesPerEvent: number | null
}

export interface KeptReport {
  readonly table: string
  /** 0 for as long as there is room. */
  readonly days: number
  /** Dates (UTC); null where nothing is there yet. */
  readonly oldest: string | null
  readonly newest: string | null
  readonly bytes: number
  /** What goes next because of its age, and on which day. */
  readonly next: (NamedPartition & { readonly on: string }) | null
}

export interface NamedPartition {
  readonly partition: string
  readonly bytes: number
}

const dayMs = 86_400_000
/** Days that make up the mean: a week, because weekends differ. */
const meanDays = 7
/** With less than that a share of pages that are half empty would be taken for growth. */
const leastEvents = 10_000

/** Reads sizes and counts, no rows. Takes about as long as asking the file system for every partition. */
export async function readStorage(
  client: pg.Client,
  settings: SpaceSettings,
  nowMs: number,
): Promise<StorageReport> {
  const { databaseBytes, logBytes } = await readDatabaseSize(client)
  const { usedBytes, limit } = await readUse(settings, databaseBytes, logBytes)
  const partitions = await listPartitions(client)
  const sizes = await readTableSizes(client)
  const eventsByDay = await readEventsByDay(client)
  const events = [...eventsByDay.values()].reduce((sum, n) => sum + n, 0)

  const perEvent = (table: string, bytes: number, otherBytes: number): number | null => {
    if (events < leastEvents) return null
    const daily = partitionedTables.find(({ name }) => name === table)?.span === 'day'
    if (!daily) return bytes / events
    const own = partitions.filter((partition) => partition.table === table)
    return (bytesPerEvent(own, eventsByDay, { nowMs, days: meanDays }) ?? 0) + otherBytes / events
  }
  const tables = sizes.map(({ name, bytes, otherBytes, rows }) => ({
    name,
    bytes,
    share: bytes / databaseBytes,
    rows,
    bytesPerEvent: perEvent(name, bytes, otherBytes),
  }))
  const inTables = tables.reduce((sum, { bytes }) => sum + bytes, 0)
  const catalogues = Math.max(0, databaseBytes - inTables)
  const full = fullDays(eventsByDay, nowMs)
  const perDayEvents =
    full.length > 0
      ? full.reduce((sum, n) => sum + n, 0) / full.length
      : guessPerDay(events, await readListenedMs(client))
  const bytesOfEvent =
    events < leastEvents ? null : tables.reduce((sum, table) => sum + (table.bytesPerEvent ?? 0), 0)
  const known = perDayEvents !== null && bytesOfEvent !== null
  const growth: Growth = {
    usedBytes,
    partitions,
    perDay: new Map(
      tables.map((table) => [table.name, (table.bytesPerEvent ?? 0) * (perDayEvents ?? 0)]),
    ),
    kept: new Map(partitionedTables.map(({ name }) => [name, daysKept(name, settings)])),
    days: settings,
  }
  return {
    now: new Date(nowMs).toISOString(),
    databaseBytes,
    usedBytes,
    limit,
    tables: [
      ...tables,
      {
        name: 'catalogues',
        bytes: catalogues,
        share: catalogues / databaseBytes,
        rows: 0,
        bytesPerEvent: null,
      },
    ],
    events,
    measuredDays: full.length,
    eventsPerDay: perDayEvents,
    bytesPerEvent: bytesOfEvent,
    bytesPerDay: known ? bytesOfEvent * perDayEvents : null,
    growthPerDay: known ? bytesAfter(growth, 1, nowMs) - usedBytes : null,
    daysLeft: known && limit ? daysUntil(growth, limit.bytes, nowMs) : null,
    kept: partitionedTables.map(({ name }) => describeKept(name, partitions, settings, nowMs)),
    nextForRoom: limit?.enforced ? (expendable(partitions, nowMs).map(nameOf)[0] ?? null) : null,
  }
}

/** Events of the last days that were stored from beginning to end: the first of all hardly was. */
function fullDays(eventsByDay: ReadonlyMap<number, number>, nowMs: number): number[] {
  const days = [...eventsByDay].slice(1).filter(([day]) => day < dayOf(nowMs))
  return days.slice(-meanDays).map(([, n]) => n)
}

function guessPerDay(events: number, listenedMs: number): number | null {
  return listenedMs > 0 ? (events * dayMs) / listenedMs : null
}

function describeKept(
  table: string,
  partitions: readonly Partition[],
  settings: RetentionDays,
  nowMs: number,
): KeptReport {
  const own = partitions.filter((one) => one.table === table && one.firstDay <= dayOf(nowMs))
  const [first] = own
  const last = own.at(-1)
  const days = daysKept(table, settings)
  return {
    table,
    days,
    oldest: first ? formatDay(first.firstDay) : null,
    newest: last ? formatDay(Math.min(last.endDay - 1, dayOf(nowMs))) : null,
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    next:
      first && days > 0
        ? { ...nameOf(first), on: formatDay(Math.max(dayOf(nowMs), first.endDay + days)) }
        : null,
  }
}

function nameOf({ name, bytes }: Partition): NamedPartition {
  return { partition: name, bytes }
}
