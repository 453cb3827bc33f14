import { statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { leastFreeBytes } from './disk-space.ts'
import { formatBytes } from './numbers.ts'

export type StorageSettings = Pick<Config, 'STORAGE_MAX' | 'DATABASE_URL' | 'DATA_DIR'>

export interface StorageLimit {
  readonly bytes: number
  /** Whether rows go to stay below it; otherwise it is where the volume is full, or others have filled it. */
  readonly enforced: boolean
  /** What sets it, as a sentence goes on: `STORAGE_MAX`, `85 % of the volume`. */
  readonly by: string
}

export interface DatabaseUse {
  /** What the database takes, the room for its log included. */
  readonly usedBytes: number
  readonly limit: StorageLimit | null
}

/** Of a volume, what an embedded database may take where nothing says otherwise. */
const partOfVolume = 0.85
/** Of a limit, the most that is set aside for the server's log (WAL), which comes and goes. */
const partOfLog = 0.1
/** Left free on a volume that others fill too: for the log, for sorting, and until somebody looks. */
const reserveBytes = 3 * leastFreeBytes
const partOfReserve = 0.1
/** Where more than that would have to go because of what others wrote, it is not for us to make room. */
const mostForOthers = 0.5

/**
 * What a database takes and what it may take.
 *
 * @param databaseBytes all files of the database, without the server's log
 * @param logBytes what the server's log may grow to
 */
export async function readUse(
  settings: StorageSettings,
  databaseBytes: number,
  logBytes: number,
): Promise<DatabaseUse> {
  const { STORAGE_MAX: max, DATABASE_URL: url, DATA_DIR: folder } = settings
  const volume = url === '' ? await readVolume(folder) : null
  return limitOf({ max, volume, databaseBytes, logBytes })
}

interface Volume {
  readonly totalBytes: number
  readonly freeBytes: number
}

export function limitOf({
  max,
  volume,
  databaseBytes,
  logBytes,
}: {
  readonly max: StorageSettings['STORAGE_MAX']
  /** Null for a server of somebody's own. */
  readonly volume: Volume | null
  readonly databaseBytes: number
  readonly logBytes: number
}): DatabaseUse {
  const wished = max === 'auto' ? volume && volume.totalBytes * partOfVolume : max || null
  const log = Math.min(
    logBytes,
    (wished ?? volume?.totalBytes ?? Number.POSITIVE_INFINITY) * partOfLog,
  )
  const usedBytes = databaseBytes + log
  if (!volume) {
    const limit = wished === null ? null : { bytes: wished, enforced: true, by: 'STORAGE_MAX' }
    return { usedBytes, limit }
  }
  const { totalBytes, freeBytes } = volume
  if (wished === null) {
    return { usedBytes, limit: { bytes: usedBytes + freeBytes, enforced: false, by: 'the volume' } }
  }
  const reserve = Math.min(reserveBytes, totalBytes * partOfReserve)
  const possible = Math.max(0, usedBytes + freeBytes - reserve)
  if (possible < wished) {
    return {
      usedBytes,
      limit: {
        bytes: possible,
        enforced: possible >= usedBytes * mostForOthers,
        by: 'what is free on the volume',
      },
    }
  }
  const by = max === 'auto' ? `${partOfVolume * 100} % of the volume` : 'STORAGE_MAX'
  return { usedBytes, limit: { bytes: wished, enforced: true, by } }
}

/** How much of its limit a database takes, 1 for all; infinite where others have taken all the room. */
export function partOf({ usedBytes, limit }: DatabaseUse): number {
  return limit ? usedBytes / limit.bytes : 0
}

/** How much that is, in words. */
export function describePart(use: DatabaseUse): string {
  if (!use.limit) return 'no limit'
  const { bytes, by } = use.limit
  if (bytes === 0) return `more than there is room for (${by})`
  return `${(partOf(use) * 100).toFixed(1)} % of ${formatBytes(bytes)} (${by})`
}

async function readVolume(folder: string): Promise<Volume> {
  const { bavail, blocks, bsize } = await statfs(resolve(folder))
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize }
}
