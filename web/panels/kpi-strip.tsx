import type { ResponseOf } from '#contract/endpoint.ts'
import type { summary } from '#contract/summary.ts'
import { definitions } from '../data/definitions.ts'
import { usePage } from '../data/page.ts'
import { useSummary } from '../data/queries.ts'
import { type Metric, metrics, shownMetric } from '../data/view.ts'
import { Failure, Skeleton, StaleMark } from '../ui/tile-state.tsx'
import { KpiDefinition } from './kpi-definition.tsx'
import { KpiValue } from './kpi-value.tsx'

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
    <section aria-label="Headline numbers" className="panel rounded-b-none">
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
        {answer ? <KpiValue metric={metric} answer={answer} /> : <Loading />}
        {chosen && <span aria-hidden className="absolute inset-x-0 -bottom-px h-0.5 bg-accent" />}
      </button>
      <KpiDefinition metric={metric} />
    </div>
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
