import type { Interval } from '#contract/common.ts'
import { formatCount, formatPercent, formatRate } from './format.ts'
import { postCollection } from './labels.ts'
import type { SeriesChoice } from './queries.ts'
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

/** Null for the lag, which is measured here and not asked for. */
export function chartChoice(metric: Metric, by: View['by']): ChartChoice | null {
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
    case 'accounts':
      return {
        series: { dimension: 'operation' },
        measure: 'rate',
        title: () => 'What active accounts did, per second',
        note: 'Accounts are counted once for the whole range, so there is no series of them',
      }
    case 'languages':
      return {
        series: { dimension: 'language' },
        measure: 'share',
        title: () => 'Share of posts by language',
        note: 'A post in two languages counts in both',
      }
    case 'lag':
      return null
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

function per(interval: Interval | null): string {
  return interval === null ? '' : `per ${intervalWords[interval]}`
}
