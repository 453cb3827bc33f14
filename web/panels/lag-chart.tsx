import { useMemo } from 'react'
import { type DescribeOptions, describeShape } from '../charts/describe.ts'
import { ChartFrame } from '../charts/frame.tsx'
import { SeriesTable, seriesCsv } from '../charts/series-table.tsx'
import { TimeChart } from '../charts/time-chart.tsx'
import { formatDuration, formatTick } from '../data/format.ts'
import { lagShape } from '../data/lag-series.ts'
import { useLiveState, useLiveStream } from '../data/live.ts'
import { usePage } from '../data/page.ts'
import { clockSeconds } from '../data/zone.ts'
import { Empty } from '../ui/tile-state.tsx'

const looks = [{ key: 'lag', label: 'Lag', color: 'var(--series-1)' }]
const nothing = () => undefined

/** The lag as this page saw it: it is a property of the moment, and not stored. */
export function LagChart() {
  const { view, change, zone } = usePage()
  const stream = useLiveStream()
  const { counters } = useLiveState()
  // The counters renew this each second; their number is what it depends on.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream's points are read anew with each message
  const shape = useMemo(() => lagShape(stream.lag(), Date.now()), [stream, counters])
  const describe = useMemo(
    (): DescribeOptions => ({
      title: 'Lag of the last minutes',
      zone,
      looks,
      stacked: true,
      format: (seconds) => formatDuration(seconds * 1000),
    }),
    [zone],
  )
  const first = shape.buckets[0]
  return (
    <ChartFrame
      title={describe.title}
      caption={
        first ? (
          <>
            {describeShape(shape, describe)}
            <span className="text-faint"> Seconds behind the network, measured by this page.</span>
          </>
        ) : (
          'Seconds behind the network, measured by this page'
        )
      }
      table={view.table}
      onTable={(table) => change({ table })}
      {...(first ? { csv: () => seriesCsv(shape, describe) } : {})}
      dimmed={false}
      footer={
        <>
          <span>Each second</span>
          <span>{zone}</span>
          {first && <span>measured since {clockSeconds(first.startMs, zone)}</span>}
        </>
      }
    >
      {!first ? (
        <Empty className="h-full">
          <p>Waiting for the first counters of the live stream.</p>
        </Empty>
      ) : view.table ? (
        <SeriesTable shape={shape} describe={describe} />
      ) : (
        <TimeChart
          shape={shape}
          describe={describe}
          wholeNumbers={false}
          formatTick={(value) => `${formatTick(value)} s`}
          onZoom={nothing}
          onZoomOut={nothing}
        />
      )}
    </ChartFrame>
  )
}
