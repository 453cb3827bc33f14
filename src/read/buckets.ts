import type { Interval } from '../contract/common.ts'
import { intervals } from '../contract/common.ts'
import { sql } from '../db/sql.ts'
import { type Range, refuse } from './period.ts'
import type { ReadContext } from './question.ts'

const minuteMs = 60_000

/** Nominal widths; where clocks change, a bucket of 3h or a day is longer or shorter. */
const widths: Readonly<Record<Interval, { readonly ms: number; readonly step: string }>> = {
  minute: { ms: minuteMs, step: '1 minute' },
  '5m': { ms: 5 * minuteMs, step: '5 minutes' },
  '10m': { ms: 10 * minuteMs, step: '10 minutes' },
  '30m': { ms: 30 * minuteMs, step: '30 minutes' },
  hour: { ms: 60 * minuteMs, step: '1 hour' },
  '3h': { ms: 180 * minuteMs, step: '3 hours' },
  day: { ms: 1440 * minuteMs, step: '1 day' },
}

/** What a question lets choose from. */
interface Choice {
  /** From the narrowest to the widest. */
  readonly among: readonly Interval[]
  /** `auto` is the narrowest that makes at most so many buckets. */
  readonly mostAutomatic: number
}

/** More points than this do not fit on a screen. */
const standardChoice: Choice = { among: intervals, mostAutomatic: 300 }
/** A day of minutes, with some to spare. */
const mostAsked = 1_500

/** The width to use for a range. Throws `AppError` `REQUEST_INVALID` where the one asked for makes too many buckets. */
export function chooseInterval(
  asked: Interval | 'auto',
  range: Range,
  { among, mostAutomatic }: Choice = standardChoice,
): Interval {
  const bucketsOf = (interval: Interval) =>
    Math.ceil((range.toMs - range.fromMs) / widths[interval].ms)
  const fits = (interval: Interval, most: number) => bucketsOf(interval) <= most
  if (asked === 'auto') return among.find((interval) => fits(interval, mostAutomatic)) ?? 'day'
  if (fits(asked, mostAsked)) return asked
  const right = among.find((interval) => fits(interval, mostAsked)) ?? 'day'
  throw refuse(
    'interval',
    `would make ${bucketsOf(asked)} buckets of ${asked}; right would be ${right} or auto`,
  )
}

/** Nominal length of a bucket, ms. */
export function widthMs(interval: Interval): number {
  return widths[interval].ms
}

/**
 * Edges (ms) of the buckets that hold a range, in the wall clock of a zone: bucket i is [edges[i], edges[i + 1]). Up to an
 * hour, buckets have equal lengths counted from local midnight, so that an hour that the clocks repeat is two buckets;
 * above, they follow the local clock, so that days begin at local midnight also where one has 23 or 25 hours.
 */
export async function readEdges(
  range: Range,
  interval: Interval,
  tz: string,
  { db }: ReadContext,
): Promise<number[]> {
  const { ms, step } = widths[interval]
  const from = new Date(range.fromMs)
  // Two days more than asked for, for the edge that closes the last bucket.
  const to = new Date(range.toMs + 2 * widths.day.ms)
  const followsClock = ms > widths.hour.ms
  const rows = await db.query<{ edgeMs: number }>(
    followsClock
      ? sql`
        select distinct (extract(epoch from local at time zone ${tz}) * 1000)::bigint as "edgeMs"
        from generate_series(
          date_trunc('day', ${from}::timestamptz at time zone ${tz}),
          ${to}::timestamptz at time zone ${tz},
          ${step}::interval
        ) as local
        order by 1`
      : sql`
        select (extract(epoch from edge) * 1000)::bigint as "edgeMs"
        from
          generate_series(
            date_trunc('day', ${from}::timestamptz at time zone ${tz}),
            ${to}::timestamptz at time zone ${tz},
            interval '1 day'
          ) as midnight,
          generate_series(
            midnight at time zone ${tz},
            (midnight + interval '1 day') at time zone ${tz} - interval '1 microsecond',
            ${step}::interval
          ) as edge
        order by 1`,
  )
  const edges = rows.map(({ edgeMs }) => edgeMs)
  const first = edges.findLastIndex((edgeMs) => edgeMs <= range.fromMs)
  const last = edges.findIndex((edgeMs) => edgeMs >= range.toMs)
  return edges.slice(first, last + 1)
}
