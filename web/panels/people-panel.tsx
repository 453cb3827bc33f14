import { useMemo, useState } from 'react'
import type { DescribeOptions } from '../charts/describe.ts'
import { ChartFrame } from '../charts/frame.tsx'
import { SeriesTable, seriesCsv } from '../charts/series-table.tsx'
import { TimeChart } from '../charts/time-chart.tsx'
import { rangeNowMs } from '../data/clock.ts'
import { hasFilters } from '../data/filters.ts'
import { formatPercent, formatTick } from '../data/format.ts'
import { usePage } from '../data/page.ts'
import {
  describePeople,
  drawings,
  type People,
  type PeopleView,
  peopleShape,
  peopleViews,
} from '../data/people-series.ts'
import { usePeople } from '../data/queries.ts'
import { shortDay } from '../data/zone.ts'
import { Segmented } from '../ui/segmented.tsx'
import { Empty, Failure, Skeleton, StaleMark } from '../ui/tile-state.tsx'

const nothing = () => undefined
const zone = 'UTC'

/** Who is there: accounts by day, week and month, over at least 30 days whatever the range of the page. */
export function PeoplePanel() {
  const { question, live, view: page } = usePage()
  const [view, setView] = useState<PeopleView>('active')
  const [table, setTable] = useState(false)
  const query = usePeople(question, live)
  const { data } = query
  const drawing = drawings[view]
  const shape = useMemo(() => data && peopleShape(data, view, rangeNowMs()), [data, view])
  const describe = useMemo(
    (): DescribeOptions => ({
      title: drawing.title,
      zone,
      looks: drawing.looks,
      stacked: drawing.stacked,
      format: drawing.format,
    }),
    [drawing],
  )
  const known = shape?.buckets.some(({ total }) => total !== null)
  const retry = () => void query.refetch()
  return (
    <section aria-label="People" className="panel">
      <ChartFrame
        title={drawing.title}
        caption={
          <>
            {data && describePeople(data)} <span className="text-faint">{drawing.note}.</span>
          </>
        }
        choices={
          <Segmented
            label="People by"
            value={view}
            options={peopleViews.map((value) => ({ value, label: drawings[value].label }))}
            onChange={setView}
          />
        }
        table={table}
        onTable={setTable}
        {...(shape && known ? { csv: () => seriesCsv(shape, describe) } : {})}
        dimmed={query.isPlaceholderData}
        legend={<Looks looks={drawing.looks} />}
        footer={
          data && (
            <Footer
              answer={data}
              filtered={hasFilters(page.filters)}
              error={query.error}
              onRetry={retry}
            />
          )
        }
      >
        {query.isError && !data ? (
          <Failure className="h-full" error={query.error} onRetry={retry} />
        ) : !shape || !data ? (
          <div className="h-full px-4 pb-2">
            <Skeleton className="h-full w-full" />
          </div>
        ) : !known ? (
          <Empty className="h-full">
            <NotYet answer={data} view={view} />
          </Empty>
        ) : table ? (
          <SeriesTable shape={shape} describe={describe} />
        ) : (
          <TimeChart
            shape={shape}
            describe={describe}
            wholeNumbers={view !== 'stickiness'}
            formatTick={view === 'stickiness' ? formatPercent : formatTick}
            onZoom={nothing}
            onZoomOut={nothing}
          />
        )}
      </ChartFrame>
    </section>
  )
}

function Looks({ looks }: Pick<DescribeOptions, 'looks'>) {
  if (looks.length < 2) return <span />
  return (
    <ul aria-label="Series" className="flex flex-wrap gap-x-3.5 px-4 pt-1 text-muted text-xs">
      {looks.map(({ key, label, color }) => (
        <li key={key} className="inline-flex items-center gap-1.5">
          <span aria-hidden className="size-2.5 rounded-[3px]" style={{ background: color }} />
          {label}
        </li>
      ))}
    </ul>
  )
}

/** Why there is nothing to draw, and when there will be. */
function NotYet({ answer, view }: { answer: People; view: PeopleView }) {
  const since = answer.since && ` since ${shortDay(Date.parse(answer.since), zone)}`
  if (view === 'new') {
    return <p>Nobody can return on the first day. There are numbers from the second day on.</p>
  }
  if (view === 'stickiness') {
    return <p>It takes 30 days that were received whole; events are stored{since}.</p>
  }
  return <p>Accounts were counted on none of these days.</p>
}

function Footer({
  answer,
  filtered,
  error,
  onRetry,
}: {
  answer: People
  /** The page has filters, which say nothing here. */
  filtered: boolean
  error: Error | null
  onRetry: () => void
}) {
  return (
    <>
      <span>Day buckets</span>
      <span>{zone}</span>
      {answer.since && <span>since {shortDay(Date.parse(answer.since), zone)}</span>}
      {answer.open && <span>last day so far</span>}
      {filtered && <span className="text-warn">everybody, not filtered</span>}
      {error && <StaleMark error={error} onRetry={onRetry} />}
    </>
  )
}
