import type { Interval } from '#contract/common.ts'
import { formatCount, formatPercent, formatRate } from './format.ts'
import { postCollection } from './labels.ts'
import type { SeriesChoice } from './queries.ts'
import { lengthSeconds, type Range } from './range.ts'
import type { Metric, View } from './view.ts'

/** How a metric is charted: which series, read as what. */
export interface ChartChoice {
  readonly series: SeriesChoice
  /** count: per bucket. rate: per second. share: part of all posts of the bucket. */
  readonly measure: 'count' | 'rate' | 'share'
  readonly title: (interval: Interval | null) => string
  /** What a reader must know to read it right; empty where there is nothing. */
  readonly note: string
}

/** How the counts behind a metric are charted; accounts and the lag are no counts of events, and have charts of their own. */
export function chartChoice(
  metric: Exclude<Metric, 'accounts' | 'lag'>,
  by: View['by'],
): ChartChoice {
  switch (metric) {
    case 'events':
      return {
        series: { dimension: 'collection' },
        measure: 'rate',
        title: () => 'Events per second by collection',
        note: '',
      }
    case 'posts':
      return by === 'language'
        ? {
            series: { dimension: 'language' },
            measure: 'count',
            title: (interval) => `Posts ${per(interval)} by language`,
            note: 'A post in two languages counts in both',
          }
        : {
            series: { dimension: 'collection', key: postCollection },
            measure: 'count',
            title: (interval) => `Posts ${per(interval)}`,
            note: '',
          }
    case 'languages':
      return {
        series: { dimension: 'language' },
        measure: 'share',
        title: () => 'Share of posts by language',
        note: 'A post in two languages counts in both',
      }
    default:
      return metric satisfies never
  }
}

export const measureFormats = {
  count: (value: number) => formatCount(value),
  rate: (value: number) => formatRate(value),
  share: (value: number) => formatPercent(value),
} as const satisfies Record<ChartChoice['measure'], (value: number) => string>

const intervalWords = {
  minute: 'minute',
  '5m': '5 minutes',
  '10m': '10 minutes',
  '30m': '30 minutes',
  hour: 'hour',
  '3h': '3 hours',
  day: 'day',
} as const satisfies Record<Interval, string>

export function bucketWords(interval: Interval): string {
  return `${intervalWords[interval].replace(/ (\w+?)s$/, '-$1')} buckets`
}

/** What a reader must know to read accounts over time right. */
export function activityNote(interval: Interval, range: Range): string {
  return lengthSeconds(range) < fewHours
    ? 'Activity is kept by the clock hour, so nothing finer can be shown'
    : `An account counts once in each ${intervalWords[interval].replace(/^3 hours$/, '3-hour stretch')} it was active in`
}

// Up to here a chart of hours has so few steps that one asks why.
const fewHours = 3 * 3600

/** `per 10 minutes`; empty while it is not known. */
export function per(interval: Interval | null): string {
  return interval === null ? '' : `per ${intervalWords[interval]}`
}
