import { useState } from 'react'
import { ChartFrame } from '../charts/frame.tsx'
import { WeekGrid, WeekTable, weekCsv } from '../charts/week-grid.tsx'
import { hasFilters } from '../data/filters.ts'
import { formatCompact, formatCoverage } from '../data/format.ts'
import { keyLabel } from '../data/labels.ts'
import { usePage } from '../data/page.ts'
import { useWeekHours } from '../data/queries.ts'
import { extremes, weekHours } from '../data/week-hours.ts'
import { Empty, Failure, Skeleton, StaleMark } from '../ui/tile-state.tsx'

const unit = 'events per hour'

/** When the network is busy: events by weekday and hour, over the last four weeks whatever the range of the page. */
export function WeekPanel() {
  const { live, view } = usePage()
  const [table, setTable] = useState(false)
  const query = useWeekHours(live)
  const { data } = query
  const hours = data && weekHours(data)
  const found = hours && extremes(hours)
  const retry = () => void query.refetch()
  return (
    <section aria-label="Hours of the week" className="panel">
      <ChartFrame
        title="Hours of the week"
        caption={
          found
            ? `Busiest ${keyLabel('hour-of-week', found.most.key)} with ${formatCompact(found.most.rate)}, quietest ${keyLabel('hour-of-week', found.least.key)} with ${formatCompact(found.least.rate)} ${unit}.`
            : 'Events per hour, by weekday'
        }
        table={table}
        onTable={setTable}
        {...(hours && found ? { csv: () => weekCsv(hours) } : {})}
        dimmed={query.isPlaceholderData}
        footer={
          data && (
            <>
              <span>Last 4 weeks</span>
              <span>UTC</span>
              <span className={data.coverage.ratio < 1 ? 'text-warn' : ''}>
                coverage {formatCoverage(data.coverage.ratio)}
              </span>
              {hasFilters(view.filters) && (
                <span className="text-warn">everything, not filtered</span>
              )}
              {query.isError && <StaleMark error={query.error} onRetry={retry} />}
            </>
          )
        }
      >
        {query.isError && !data ? (
          <Failure className="h-full" error={query.error} onRetry={retry} />
        ) : !hours ? (
          <div className="h-full px-4 pb-2">
            <Skeleton className="h-full w-full" />
          </div>
        ) : !found ? (
          <Empty className="h-full">
            <p>No hour was received yet. The first is shown when half of it is over.</p>
          </Empty>
        ) : table ? (
          <WeekTable hours={hours} unit={unit} />
        ) : (
          <div className="h-full px-4 pb-2">
            <WeekGrid hours={hours} unit={unit} />
          </div>
        )}
      </ChartFrame>
    </section>
  )
}
