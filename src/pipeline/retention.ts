/** The chores that keep a database from growing for ever. Each may be killed at any moment and done again. */
import type pg from 'pg'
import { partitionedTables } from '../store/space/partitioned-tables.ts'
import { foldEngagement } from '../store/space/retention-engagement.ts'
import {
  dropRetired,
  listPartitions,
  type Partition,
  readHorizon,
  retirePartition,
  type Settle,
} from '../store/space/retention-partitions.ts'
import { foldSettled } from '../store/space/retention-settled.ts'
import { deleteStrays } from '../store/space/retention-strays.ts'
import { formatBytes, formatCount } from './numbers.ts'
import { ageHorizon, expendable, tooOld } from './retention-rules.ts'
import { describePart, partOf, readUse } from './storage-limit.ts'
import { readDatabaseSize } from './storage-queries.ts'
import { readStorage, type SpaceSettings } from './storage-report.ts'

export interface SpaceOptions {
  readonly settings: SpaceSettings
  readonly settle: Settle
  readonly signal: AbortSignal
}

export interface SpaceResult {
  readonly detail: string
  /** Whether somebody should do something about it. */
  readonly warning: boolean
}

const dayMs = 86_400_000
/** From here on somebody is told. */
const fullWarning = 0.9
/** Here rows begin to go, until less is taken. */
const fullEnough = 0.95
const daysLeftWarning = 3
/** The other chores get their turn; what is left to drop goes the next time. */
const longestRunMs = 10 * 60_000
const curveDays = 45
/** Posts with less than that are forgotten in a month and a half; they are nearly all. */
const curveFrom = 50

/** Drops the partitions that are too old, and finishes what a killed process began. */
export async function dropTooOld(
  client: pg.Client,
  { settings, settle, signal }: SpaceOptions,
): Promise<string> {
  const unfinished = await dropRetired(client, settle, signal)
  const due = tooOld(await listPartitions(client), settings, Date.now())
  const dropped: Partition[] = []
  const isOver = deadline()
  for (const partition of due) {
    if (signal.aborted || isOver()) break
    await drop(client, partition, settle, signal)
    dropped.push(partition)
  }
  const begun = unfinished === 0 ? '' : `; ${unfinished} more had been begun before`
  if (dropped.length === 0) return `no partition is too old${begun}`
  const left = due.length - dropped.length
  return `dropped ${describe(dropped)}${left === 0 ? '' : `, ${left} are left`}${begun}`
}

/** The day before which nothing of a table is kept: it is too old, or was dropped to make room; 0 where all is kept. */
export async function readKeptFrom(
  client: pg.Client,
  table: string,
  settings: SpaceSettings,
): Promise<number> {
  const horizons = [ageHorizon(table, settings, Date.now()), await readHorizon(client, table)]
  return Math.max(...horizons.map((day) => day ?? 0))
}

/** Deletes what lies outside of partitions and is older than what was dropped or is too old. */
export async function dropOldStrays(
  client: pg.Client,
  { settings, settle, signal }: SpaceOptions,
): Promise<string> {
  const parts: string[] = []
  for (const { name: table } of partitionedTables) {
    if (signal.aborted) break
    const beforeDay = await readKeptFrom(client, table, settings)
    if (beforeDay === 0) continue
    const n = await deleteStrays(client, { table, beforeDay, settle }, signal)
    if (n > 0) parts.push(`${formatCount(n)} of ${table}`)
    if (table === 'count_hour') await foldSettled(client, beforeDay, signal)
  }
  return parts.length === 0
    ? 'no rows outside of partitions are too old'
    : `deleted rows outside of partitions: ${parts.join(', ')}`
}

/** Drops the oldest rows while the database takes too much, and tells when it did, and when that is near. */
export async function makeRoom(
  client: pg.Client,
  { settings, settle, signal }: SpaceOptions,
): Promise<SpaceResult> {
  const dropped: Partition[] = []
  const isOver = deadline()
  const { databaseBytes, logBytes } = await readDatabaseSize(client)
  const before = await readUse(settings, databaseBytes, logBytes)
  const { limit } = before
  let use = before
  while (!signal.aborted && !isOver() && limit?.enforced && partOf(use) > fullEnough) {
    const [next] = expendable(await listPartitions(client), Date.now())
    if (!next) break
    await drop(client, next, settle, signal)
    dropped.push(next)
    // The limit stays what it was: file systems may take their time to tell that there is room again, and until then would
    // seem to have less and less.
    const gone = databaseBytes - (await readDatabaseSize(client)).databaseBytes
    use = { usedBytes: before.usedBytes - gone, limit }
  }
  const taken = `${formatBytes(use.usedBytes)} taken, ${describePart(use)}`
  if (!limit) return { detail: taken, warning: false }
  const {
    daysLeft: left,
    measuredDays,
    nextForRoom,
  } = await readStorage(client, settings, Date.now())
  const daysLeft = measuredDays > 0 ? left : null // a guess is no reason to call somebody
  const what = dropped.length === 0 ? taken : `dropped ${describe(dropped)} to make room; ${taken}`
  if (!limit.enforced) {
    if (partOf(use) > fullEnough) {
      return { detail: `${what}; nothing of it goes: make room on the volume`, warning: true }
    }
    const soon = daysLeft !== null && daysLeft < daysLeftWarning
    return {
      detail: `${what}${soon ? `; full in ${daysLeft.toFixed(1)} days` : ''}`,
      warning: soon,
    }
  }
  if (partOf(use) > fullEnough && nextForRoom === null) {
    return {
      detail: `${what}; nothing may be dropped any more: raise STORAGE_MAX, make room on the volume, or follow fewer collections`,
      warning: true,
    }
  }
  if (partOf(use) >= fullWarning) {
    return { detail: `${what}; from ${fullEnough * 100} % on the oldest rows go`, warning: true }
  }
  if (daysLeft !== null && daysLeft < daysLeftWarning) {
    return {
      detail: `${what}; in ${daysLeft.toFixed(1)} days the oldest rows go`,
      warning: true,
    }
  }
  return { detail: what, warning: dropped.length > 0 }
}

/** Gathers the old hours of posts of which nobody wants the curve. */
export async function gatherEngagement(client: pg.Client, signal: AbortSignal): Promise<string> {
  const beforeMs = Date.now() - curveDays * dayMs
  const saved = await foldEngagement(client, { beforeMs, keepFrom: curveFrom }, signal)
  return `${formatCount(saved)} rows of hours more than ${curveDays} days ago gathered`
}

async function drop(
  client: pg.Client,
  partition: Partition,
  settle: Settle,
  signal: AbortSignal,
): Promise<void> {
  await retirePartition(client, partition, signal)
  await dropRetired(client, settle, signal)
}

function deadline(): () => boolean {
  const started = performance.now()
  return () => performance.now() - started > longestRunMs
}

const mostNamed = 6

function describe(partitions: readonly Partition[]): string {
  const names = partitions.slice(0, mostNamed).map(({ name }) => name)
  const more = partitions.length - names.length
  const bytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0)
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} (${formatBytes(bytes)})`
}
