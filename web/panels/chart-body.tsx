import type { DescribeOptions } from '../charts/describe.ts'
import { SeriesTable } from '../charts/series-table.tsx'
import { TimeChart } from '../charts/time-chart.tsx'
import { rangeNowMs, serverNowMs } from '../data/clock.ts'
import { hasFilters } from '../data/filters.ts'
import { usePage } from '../data/page.ts'
import { absoluteRange, zoomOut } from '../data/range.ts'
import type { Shape } from '../data/series.ts'
import { Empty, Failure, Skeleton } from '../ui/tile-state.tsx'
import { NothingInRange } from './nothing-in-range.tsx'

interface BodyProps {
  /** Null while there is no answer. */
  readonly shape: Shape | null
  readonly describe: DescribeOptions
  readonly error: Error | null
  readonly onRetry: () => void
  readonly wholeNumbers: boolean
  readonly formatTick: (value: number) => string
}

/** Whether there is nothing to draw in a shape. */
export function isEmpty(shape: Shape): boolean {
  return shape.buckets.every((bucket) => !bucket.total)
}

/** The chart or its table, or why there is none yet. Zooming in it changes the range of the page. */
export function ChartBody(props: BodyProps) {
  const { view, change, question } = usePage()
  const { shape, describe, error } = props
  if (!shape)
    return error ? (
      <Failure className="h-full" error={error} onRetry={props.onRetry} />
    ) : (
      <ChartSkeleton />
    )
  if (isEmpty(shape))
    return (
      <Empty className="h-full">
        <NothingInRange what={hasFilters(view.filters) ? 'posts match' : 'events'} />
      </Empty>
    )
  if (view.table) return <SeriesTable shape={shape} describe={describe} />
  return (
    <TimeChart
      shape={shape}
      describe={describe}
      wholeNumbers={props.wholeNumbers}
      formatTick={props.formatTick}
      onZoom={(fromMs, toMs) => {
        const untilMs = Math.min(toMs, Math.max(serverNowMs(), fromMs + 60_000))
        const range = absoluteRange(fromMs, untilMs)
        if (range) change({ range })
      }}
      onZoomOut={() => question && change({ range: zoomOut(question.range, rangeNowMs()) })}
    />
  )
}

function ChartSkeleton() {
  return (
    <div className="flex h-full items-end gap-[3px] pr-4 pb-7 pl-12" aria-hidden>
      {Array.from({ length: 48 }, (_, index) => (
        <Skeleton
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike and never move
          key={index}
          className={`flex-1 ${['h-[42%]', 'h-[46%]', 'h-[52%]', 'h-[56%]', 'h-[52%]', 'h-[46%]'][index % 6]}`}
        />
      ))}
    </div>
  )
}
