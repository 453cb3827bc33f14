import type { ResponseOf } from '#contract/endpoint.ts'
import type { people } from '#contract/people.ts'
import type { SeriesLook } from '../charts/describe.ts'
import { formatCount, formatPercent } from './format.ts'
import { type Shape, shapeSeries } from './series.ts'
import { shortDay } from './zone.ts'

export type People = ResponseOf<typeof people>

/** What can be looked at of the people of each day. */
export const peopleViews = ['active', 'new', 'doing', 'stickiness'] as const
export type PeopleView = (typeof peopleViews)[number]

type Column = 'daily' | 'weekly' | 'monthly' | 'new' | 'returning' | 'stickiness' | Doing
type Doing = 'posters' | 'likers' | 'reposters' | 'followers'

interface Drawing {
  readonly label: string
  readonly title: string
  /** What a reader must know to read it right. */
  readonly note: string
  readonly looks: readonly (SeriesLook & { readonly key: Column })[]
  readonly stacked: boolean
  readonly format: (value: number) => string
}

export const drawings: Readonly<Record<PeopleView, Drawing>> = {
  active: {
    label: 'Active',
    title: 'Active accounts: day, week, month',
    note: 'Of the 1, 7 and 30 days that end with each day. A week or month is told where all of it was received',
    looks: [
      { key: 'daily', label: 'Day', color: 'var(--series-1)' },
      { key: 'weekly', label: '7 days', color: 'var(--series-3)' },
      { key: 'monthly', label: '30 days', color: 'var(--series-4)' },
    ],
    stacked: false,
    format: formatCount,
  },
  new: {
    label: 'New',
    title: 'New and returning accounts per day',
    note: 'New: not seen active before, since the record began',
    looks: [
      { key: 'returning', label: 'Returning', color: 'var(--series-1)' },
      { key: 'new', label: 'New', color: 'var(--series-2)' },
    ],
    stacked: true,
    format: formatCount,
  },
  doing: {
    label: 'Doing',
    title: 'What accounts did, per day',
    note: 'An account that did several of these is in each',
    looks: [
      { key: 'likers', label: 'Liked', color: 'var(--series-1)' },
      { key: 'posters', label: 'Posted', color: 'var(--series-2)' },
      { key: 'reposters', label: 'Reposted', color: 'var(--series-3)' },
      { key: 'followers', label: 'Followed', color: 'var(--series-4)' },
    ],
    stacked: false,
    format: formatCount,
  },
  stickiness: {
    label: 'Stickiness',
    title: 'Stickiness: accounts of a day in those of 30 days',
    note: 'Told where all 30 days were received',
    looks: [{ key: 'stickiness', label: 'Day ÷ 30 days', color: 'var(--series-1)' }],
    stacked: false,
    format: formatPercent,
  },
}

/** Columns of the answer as buckets that know how far they can be trusted; a number that is unknown is unknown alone. */
export function peopleShape(answer: People, view: PeopleView, nowMs: number): Shape {
  const { looks, stacked } = drawings[view]
  const columns = looks.map(({ key }) => answer[key])
  const days = { ...answer, interval: 'day', rest: null } as const
  const daily = answer.daily.map((accounts) => accounts ?? 0)
  const base = shapeSeries({ ...days, series: { daily } }, nowMs)
  return {
    ...base,
    keys: looks.map(({ key }) => key),
    exclusive: stacked,
    level: view === 'stickiness',
    buckets: base.buckets.map((bucket, index) => {
      const heard = bucket.total !== null
      const values = columns.map((column) => (heard ? (column[index] ?? null) : null))
      const known = values.filter((value) => value !== null)
      const whole = stacked ? known.length === values.length : known.length > 0
      return {
        ...bucket,
        values,
        total: whole ? known.reduce((sum, value) => sum + value, 0) : null,
      }
    }),
  }
}

/** The newest whole day in one sentence; null where there is none yet. */
export function describePeople(answer: People): string | null {
  const index = answer.daily.findLastIndex(
    (accounts, at) => accounts !== null && answer.received[at] === 1 && !isRunning(answer, at),
  )
  const start = answer.starts[index]
  if (start === undefined) return null
  const { daily, monthly, new: fresh, stickiness } = answer
  const parts = [`${formatCount(daily[index])} accounts on ${shortDay(start * 1000, 'UTC')}`]
  if (fresh[index] !== null) parts.push(`${formatCount(fresh[index])} of them new`)
  if (stickiness[index]) {
    parts.push(
      `${formatPercent(stickiness[index])} of the ${formatCount(monthly[index])} of 30 days`,
    )
  }
  return `${parts.join(', ')}.`
}

function isRunning({ open, starts }: People, index: number): boolean {
  return open && index === starts.length - 1
}
