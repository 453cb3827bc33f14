import type { ReactNode } from 'react'
import type { ResponseOf } from '#contract/endpoint.ts'
import type { summary } from '#contract/summary.ts'
import { hasFilters } from '../data/filters.ts'
import { formatCompact, formatCount, formatDuration, formatRate } from '../data/format.ts'
import { useLiveState } from '../data/live.ts'
import { usePage } from '../data/page.ts'
import { lengthSeconds, spanWords } from '../data/range.ts'
import type { Metric } from '../data/view.ts'
import { secondsOrDay } from '../data/zone.ts'
import { Delta } from '../ui/delta.tsx'
import { useNow } from '../ui/use-now.ts'

type Summary = ResponseOf<typeof summary>

/** A headline number, and what it is compared with. */
export function KpiValue({ metric, answer }: { metric: Metric; answer: Summary }) {
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
      <span>
        {asOf ? `newest ${secondsOrDay(Date.parse(asOf), Date.now(), zone)}` : 'no event yet'}
      </span>
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
