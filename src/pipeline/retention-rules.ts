/** Which partitions may go, and in which order. */
import type { Config } from '../config.ts'
import { holdsRows } from '../store/space/partitioned-tables.ts'
import type { Partition } from '../store/space/retention-partitions.ts'

export type RetentionDays = Pick<
  Config,
  | 'RETENTION_POSTS_DAYS'
  | 'RETENTION_RECORDS_DAYS'
  | 'RETENTION_MINUTES_DAYS'
  | 'RETENTION_HOURS_DAYS'
  | 'RETENTION_AUTHORS_DAYS'
>

const dayMs = 86_400_000
/** Monthly active accounts, and the month before them, are counted from author_day. */
const leastAuthorDays = 62
/** Corrections of the newest counts need them: to make room only those that are older go. */
const daysOfDetail = 2

/** UTC days since 1970. */
export function dayOf(ms: number): number {
  return Math.floor(ms / dayMs)
}

/** For how many days a table keeps what it holds; 0 for as long as there is room. */
export function daysKept(table: string, days: RetentionDays): number {
  switch (table) {
    case 'bluesky_post':
      return days.RETENTION_POSTS_DAYS
    case 'bluesky_record':
      return days.RETENTION_RECORDS_DAYS
    case 'count_minute':
      return days.RETENTION_MINUTES_DAYS
    case 'count_hour':
      return days.RETENTION_HOURS_DAYS
    case 'author_hour':
    case 'author_key':
      return days.RETENTION_AUTHORS_DAYS
    case 'author_day':
      return days.RETENTION_AUTHORS_DAYS && Math.max(leastAuthorDays, days.RETENTION_AUTHORS_DAYS)
    default:
      return 0
  }
}

/** The day before which everything of a table is too old; null where nothing ever is. */
export function ageHorizon(table: string, days: RetentionDays, nowMs: number): number | null {
  const kept = daysKept(table, days)
  return kept === 0 ? null : dayOf(nowMs) - kept
}

/** The partitions that are too old as wholes, the oldest first. */
export function tooOld(
  partitions: readonly Partition[],
  days: RetentionDays,
  nowMs: number,
): Partition[] {
  return partitions.filter(({ table, endDay }) => {
    const horizon = ageHorizon(table, days, nowMs)
    return horizon !== null && endDay <= horizon
  })
}

/**
 * What may go to make room, in that order: rows day by day, the oldest first, of a day records before posts; then what counts
 * are corrected from. Never counts by hour or day, and nothing of today.
 */
export function expendable(partitions: readonly Partition[], nowMs: number): Partition[] {
  const today = dayOf(nowMs)
  const rank = ({ table }: Partition) => (table === 'bluesky_record' ? 0 : 1)
  const rows = partitions
    .filter(({ table, endDay }) => holdsRows(table) && endDay <= today)
    .sort((a, b) => a.endDay - b.endDay || rank(a) - rank(b))
  const details = partitions
    .filter(
      ({ table, endDay }) =>
        ['author_hour', 'author_key', 'count_minute'].includes(table) &&
        endDay <= today - daysOfDetail,
    )
    .sort((a, b) => a.endDay - b.endDay || a.name.localeCompare(b.name))
  return [...rows, ...details]
}
