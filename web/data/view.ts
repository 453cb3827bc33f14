import { type ActiveFilters, checked, filterNames, hasFilters, withFilter } from './filters.ts'
import { absoluteRange, formatSpan, parseSpan, type Range } from './range.ts'
import { isZone } from './zone.ts'

export const metrics = ['events', 'posts', 'accounts', 'languages', 'lag'] as const
export type Metric = (typeof metrics)[number]

/** Everything about the page that a link restores. */
export interface View {
  /** Null: not chosen, the page picks one that fits what has been received. */
  readonly range: Range | null
  /** Null: the zone of the browser. */
  readonly zone: string | null
  readonly filters: ActiveFilters
  /** Null: not chosen; posts under a filter, else events. */
  readonly metric: Metric | null
  readonly by: 'total' | 'language'
  /** The one series that is shown alone. */
  readonly only: string | null
  readonly table: boolean
}

export type Search = { readonly [name: string]: string | undefined }

/** The view of a URL. What cannot be read is left at its default, so that an old or damaged link still opens. */
export function readView(search: Search): View {
  let filters: ActiveFilters = {}
  for (const name of filterNames) {
    const raw = search[name]
    const parsed = raw ? checked(name, raw) : undefined
    if (parsed?.ok) filters = withFilter(filters, name, parsed.value)
  }
  return {
    range: readRange(search),
    zone: search.tz && isZone(search.tz) ? search.tz : null,
    filters,
    metric: metrics.find((metric) => metric === search.metric) ?? null,
    by: search.by === 'language' ? 'language' : 'total',
    only: search.only ? search.only.slice(0, 640) : null,
    table: search.view === 'table',
  }
}

/** The shortest search parameters that `readView` reads back, in the order in which they read best. */
export function writeView(view: View): Search {
  const { range } = view
  return {
    range: range?.kind === 'relative' ? formatSpan(range.seconds) : undefined,
    from: range?.kind === 'absolute' ? shortTime(range.fromMs) : undefined,
    to: range?.kind === 'absolute' ? shortTime(range.toMs) : undefined,
    tz: view.zone ?? undefined,
    ...view.filters,
    metric: view.metric ?? undefined,
    by: view.by === 'total' ? undefined : view.by,
    only: view.only ?? undefined,
    view: view.table ? 'table' : undefined,
  }
}

/** The metric that is shown: the one chosen, else the one that filters can apply to. */
export function shownMetric(view: View): Metric {
  return view.metric ?? (hasFilters(view.filters) ? 'posts' : 'events')
}

/** `?range=24h&tz=Europe/Berlin`: as URLSearchParams, but leaves alone what a query may hold unescaped. */
export function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search)
    .filter((pair): pair is [string, string] => typeof pair[1] === 'string')
    .map(
      ([name, value]) => `${name}=${encodeURIComponent(value).replace(/%(3A|2F|40|2C)/g, decode)}`,
    )
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text))
}

function readRange(search: Search): Range | null {
  if (search.range) {
    const seconds = parseSpan(search.range)
    if (seconds !== null) return { kind: 'relative', seconds }
  }
  if (!search.from || !search.to) return null
  return absoluteRange(Date.parse(search.from), Date.parse(search.to))
}

/** Ranges are on whole minutes: `2026-07-04T14:00Z`. */
function shortTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`
}

function decode(escaped: string): string {
  return decodeURIComponent(escaped)
}
