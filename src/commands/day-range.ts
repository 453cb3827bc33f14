import { AppError } from '../errors.ts'
import type { DayRange } from '../store/recount/recount-range.ts'
import { readSince, readTime } from './time-flags.ts'

export interface RangeFlags {
  readonly from?: string
  readonly to?: string
  readonly since?: string
}

const dayUs = 86_400_000_000

/**
 * The range that flags ask for, widened to whole UTC days, because numbers by day can only be compared as wholes. No flags are
 * everything. Throws `USAGE_INVALID`.
 */
export function readDayRange({ from, to, since }: RangeFlags, nowMs: number): DayRange {
  if (since !== undefined && (from !== undefined || to !== undefined)) {
    throw new AppError(
      'USAGE_INVALID',
      '--since goes up to now; --from and --to do not go with it',
      {
        hint: 'Use --since 7d, or --from and --to.',
      },
    )
  }
  const fromUs =
    since !== undefined
      ? readSince('--since', since, nowMs)
      : from === undefined
        ? null
        : readTime('--from', from)
  const toUs = to === undefined ? null : readTime('--to', to)
  if (fromUs !== null && toUs !== null && fromUs >= toUs) {
    throw new AppError('USAGE_INVALID', `--from ${from} is not before --to ${to}`, {
      hint: 'A date is its 0:00: for the day itself, let --to be the day after.',
    })
  }
  return {
    fromDay: fromUs === null ? null : Math.floor(fromUs / dayUs),
    toDay: toUs === null ? null : Math.ceil(toUs / dayUs),
  }
}

/** `2026-11-20`; null where a range has no end. */
export function formatDate(day: number | null): string | null {
  return day === null ? null : new Date((day * dayUs) / 1_000).toISOString().slice(0, 10)
}
