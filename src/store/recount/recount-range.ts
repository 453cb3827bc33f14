import { boundOf } from '../space/partitioned-tables.ts'

/** Whole UTC days since 1970, `[fromDay, toDay)`: numbers of all grains lie in it or outside. Null where it has no end. */
export interface DayRange {
  readonly fromDay: number | null
  readonly toDay: number | null
}

export const everything: DayRange = { fromDay: null, toDay: null }

const dayUs = 86_400_000_000
const hoursPerDay = 24

/** Conditions of SQL that hold a column to a range: of µs since 1970, of hours since 1970, of buckets, of dates. */
export const within = {
  timesUs: (range: DayRange, column = 'time_us') =>
    bounded(range, column, (day) => `${day * dayUs}`),
  hours: (range: DayRange, column = 'hour') =>
    bounded(range, column, (day) => `${day * hoursPerDay}`),
  buckets: (range: DayRange, column = 'bucket') =>
    bounded(range, column, (day) => boundOf({ column: 'bucket' }, day)),
  days: (range: DayRange, column = 'day') =>
    bounded(range, column, (day) => boundOf({ column: 'day' }, day)),
} as const

function bounded(
  { fromDay, toDay }: DayRange,
  column: string,
  literal: (day: number) => string,
): string {
  const from = fromDay === null ? [] : [`${column} >= ${literal(fromDay)}`]
  const to = toDay === null ? [] : [`${column} < ${literal(toDay)}`]
  return [...from, ...to].join(' and ') || 'true'
}
