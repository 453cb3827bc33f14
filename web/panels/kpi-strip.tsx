import Info from 'lucide-react/icons/info'
import { Popover } from 'radix-ui'
import type { ReactNode } from 'react'
import type { ResponseOf } from '#contract/endpoint.ts'
import type { summary } from '#contract/summary.ts'
import { definitions } from '../data/definitions.ts'
import { hasFilters } from '../data/filters.ts'
import { formatCompact, formatCount, formatDuration, formatRate } from '../data/format.ts'
import { useLiveState } from '../data/live.ts'
import { usePage } from '../data/page.ts'
import { useSummary } from '../data/queries.ts'
import { lengthSeconds, spanWords } from '../data/range.ts'
import { type Metric, metrics, shownMetric } from '../data/view.ts'
import { clock, clockSeconds } from '../data/zone.ts'
import { Delta } from '../ui/delta.tsx'
import { Failure, Skeleton, StaleMark } from '../ui/tile-state.tsx'
import { useNow } from '../ui/use-now.ts'

type Summary = ResponseOf<typeof summary>

/** The headline numbers; choosing one chooses what the chart shows. */
export function KpiStrip() {
  const { question, live } = usePage()
  const query = useSummary(question, live)
  if (query.isError && !query.data)
    return (
      <div className="panel rounded-b-none">
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  return (
    <section aria-label="Headline numbers" className="panel rounded-b-none" data-testid="kpis">
      <div
        className={`grid grid-cols-2 sm:grid-cols-3 lg:grid-cols-5 ${query.isPlaceholderData ? 'opacity-55' : ''}`}
        aria-busy={query.isFetching && query.isPlaceholderData}
      >
        {metrics.map((metric) => (
          <Kpi key={metric} metric={metric} answer={query.data} />
        ))}
      </div>
      {query.isError && (
        <div className="border-line border-t px-3 py-1">
          <StaleMark error={query.error} onRetry={() => void query.refetch()} />
        </div>
      )}
    </section>
  )
}

function Kpi({ metric, answer }: { metric: Metric; answer: Summary | undefined }) {
  const { view, change } = usePage()
  const chosen = shownMetric(view) === metric
  const { label } = definitions[metric]
  return (
    <div className="relative border-line not-last:border-r max-sm:nth-[even]:border-r-0 max-sm:not-last:border-b max-sm:last:col-span-2 sm:max-lg:nth-[3]:border-r-0 sm:max-lg:nth-[-n+3]:border-b">
      <button
        type="button"
        aria-pressed={chosen}
        onClick={() => change({ metric, only: null })}
        className="group flex h-full w-full flex-col justify-start px-4 pt-3 pb-2.5 text-left -outline-offset-2 hover:bg-sunken/60"
      >
        <span className="block pr-5 text-muted text-xs group-aria-pressed:font-medium group-aria-pressed:text-accent">
          {label}
        </span>
        {answer ? <Value metric={metric} answer={answer} /> : <Loading />}
        {chosen && <span aria-hidden className="absolute inset-x-0 -bottom-px h-0.5 bg-accent" />}
      </button>
      <Definition metric={metric} />
    </div>
  )
}

function Value({ metric, answer }: { metric: Metric; answer: Summary }) {
  switch (metric) {
    case 'events':
      return <EventsValue answer={answer} />
    case 'posts':
      return <MeasureValue measure={answer.posts} />
    case 'accounts':
      return <AccountsValue measure={answer.activeAccounts} />
    case 'languages':
      return <MeasureValue measure={answer.languages} />
    case 'lag':
      return <LagValue answer={answer} />
    default:
      return metric satisfies never
  }
}

interface FiguresProps {
  readonly figure: string
  readonly exact?: string
  readonly children: ReactNode
}

function Figures({ figure, exact, children }: FiguresProps) {
  return (
    <>
      <span
        className="mt-0.5 block font-semibold text-2xl leading-tight tracking-tight"
        title={exact === figure ? undefined : exact}
      >
        {figure === '—' ? (
          <>
            <span aria-hidden>—</span>
            <span className="sr-only">unknown</span>
          </>
        ) : (
          figure
        )}
      </span>
      <span className="flex min-h-[18px] flex-wrap items-baseline gap-x-1.5 text-muted text-xs">
        {children}
      </span>
    </>
  )
}

function MeasureValue({ measure, prefix }: { measure: Summary['posts']; prefix?: string }) {
  return (
    <Figures
      figure={(prefix && measure.value !== null ? prefix : '') + formatCompact(measure.value)}
      exact={formatCount(measure.value)}
    >
      <Comparison measure={measure} />
    </Figures>
  )
}

function AccountsValue({ measure }: { measure: Summary['activeAccounts'] }) {
  return <MeasureValue measure={measure} {...(measure.estimated ? { prefix: '≈ ' } : {})} />
}

/** Live, the rate of this moment with the average beneath; else the average. Filters have no rate of this moment. */
function EventsValue({ answer }: { answer: Summary }) {
  const { live, view } = usePage()
  const { counters, status } = useLiveState()
  const { value, previous } = answer.eventsPerSecond
  if (!live || !counters || status !== 'open' || hasFilters(view.filters))
    return (
      <Figures figure={formatRate(value)}>
        <Comparison measure={{ value, previous }} />
      </Figures>
    )
  return (
    <Figures figure={formatRate(counters.asOf === null ? null : counters.eventsPerSecond)}>
      <span>now · avg {formatRate(value)}</span>
      <Comparison measure={{ value, previous }} short />
    </Figures>
  )
}

function LagValue({ answer }: { answer: Summary }) {
  const { zone } = usePage()
  useNow(1000)
  const { counters, countersAtMs } = useLiveState()
  const lagMs = counters
    ? counters.lagMs === null
      ? null
      : counters.lagMs + Math.max(0, Date.now() - countersAtMs)
    : answer.lagMs
  const asOf = counters?.asOf ?? answer.asOf
  return (
    <Figures figure={lagMs === null ? '—' : formatDuration(lagMs)}>
      <span>{asOf ? `newest ${clockSeconds(Date.parse(asOf), zone)}` : 'no event yet'}</span>
    </Figures>
  )
}

function Comparison({ measure, short }: { measure: Summary['posts']; short?: boolean }) {
  const { question } = usePage()
  const { value, previous } = measure
  if (value === null) return <span className="text-faint">cannot be told</span>
  if (previous === null) return <span className="text-faint">{short ? '' : 'no comparison'}</span>
  const before = question ? `the ${spanWords(lengthSeconds(question.range))} before` : 'before'
  return (
    <>
      <Delta
        ratio={previous === 0 ? null : value / previous - 1}
        fresh={previous === 0 && value > 0}
        than={before}
      />
      {!short && (
        <span
          aria-hidden
          className="text-faint max-sm:hidden"
          title={`${formatCount(previous)} in ${before}`}
        >
          vs {before}
        </span>
      )}
    </>
  )
}

function Loading() {
  return (
    <>
      <Skeleton className="mt-1 h-[25px] w-24" />
      <Skeleton className="mt-1.5 h-[14px] w-32" />
    </>
  )
}

function Definition({ metric }: { metric: Metric }) {
  const { label, text } = definitions[metric]
  const { question, live, zone } = usePage()
  const { data } = useSummary(question, live)
  const hours = data?.activeAccounts
  return (
    <Popover.Root>
      <Popover.Trigger
        aria-label={`What ${label} means`}
        className="absolute top-1.5 right-1.5 grid size-7 place-items-center rounded-md text-faint hover:bg-sunken hover:text-ink max-sm:top-0 max-sm:right-0 max-sm:size-11"
      >
        <Info size={13} aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          sideOffset={4}
          collisionPadding={12}
          aria-label={label}
          className="z-30 w-[300px] max-w-[calc(100vw-24px)] rounded-lg border border-control/60 bg-surface p-3 text-sm outline-none"
        >
          <p className="font-medium">{label}</p>
          <p className="mt-1 text-muted">{text}</p>
          {metric === 'accounts' && hours?.from && hours.to && (
            <p className="mt-1.5 text-muted">
              Here: {clock(Date.parse(hours.from), zone)} to {clock(Date.parse(hours.to), zone)}
              {hours.estimated ? ', estimated from a fair sample (within about 1%)' : ''}.
            </p>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
