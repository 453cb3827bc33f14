import { lazy, Suspense, useMemo } from 'react'
import type { Shape } from '../data/series.ts'
import { Boundary } from '../ui/boundary.tsx'
import { useSize } from '../ui/use-size.ts'
import { CursorLayer } from './cursor-layer.tsx'
import type { DescribeOptions } from './describe.ts'
import { type PlotBox, plotBox } from './geometry.ts'
import { maxOf, toRows } from './points.ts'
import { timeTicks, valueTicks } from './ticks.ts'

// Recharts is half of the page's code: numbers and tables need not wait for it.
const Plot = lazy(() => import('./plot.tsx'))

export interface TimeChartProps {
  readonly shape: Shape
  readonly describe: DescribeOptions
  readonly wholeNumbers: boolean
  readonly formatTick: (value: number) => string
  readonly onZoom: (fromMs: number, toMs: number) => void
  readonly onZoomOut: () => void
}

/** Counts over time as a stack of areas, or as lines where the series overlap. Fills the box it is put into. */
export function TimeChart(props: TimeChartProps) {
  const { shape, describe, wholeNumbers } = props
  const [ref, size] = useSize<HTMLDivElement>()
  const { width, height } = size
  const rows = useMemo(() => toRows(shape), [shape])
  const yTicks = useMemo(
    () => valueTicks(maxOf(shape, describe.stacked), wholeNumbers),
    [shape, describe.stacked, wholeNumbers],
  )
  const xTicks = useMemo(
    () => timeTicks(shape.fromMs, shape.toMs, describe.zone, Math.max(3, Math.floor(width / 66))),
    [shape, describe.zone, width],
  )
  return (
    <div ref={ref} className="relative h-full w-full">
      {width > 0 && (
        <Boundary className="h-full">
          <Suspense fallback={null}>
            {/* Recharts makes its layers focusable; the cursor layer above is what can be used. */}
            <div inert>
              <Plot
                width={width}
                height={height}
                rows={rows}
                shape={shape}
                looks={describe.looks}
                stacked={describe.stacked}
                xTicks={xTicks}
                yTicks={yTicks}
                formatTick={props.formatTick}
              />
            </div>
            <SoFar shape={shape} box={plotBox(width, height)} />
            <CursorLayer
              box={plotBox(width, height)}
              shape={shape}
              maxValue={yTicks[yTicks.length - 1] ?? 1}
              describe={describe}
              onZoom={props.onZoom}
              onZoomOut={props.onZoomOut}
            />
          </Suspense>
        </Boundary>
      )}
    </div>
  )
}

const soFarPx = 34

/** Names the bucket that still fills, where there is room for two words. */
function SoFar({ shape, box }: { shape: Shape; box: PlotBox }) {
  const open = shape.buckets.find((bucket) => bucket.state === 'open')
  if (!open) return null
  const perMs = box.width / (shape.toMs - shape.fromMs)
  const width = (open.endMs - open.startMs) * perMs
  if (width < soFarPx) return null
  return (
    <span
      aria-hidden
      className="absolute text-center text-2xs text-faint"
      style={{ left: box.left + (open.startMs - shape.fromMs) * perMs, width, top: box.top - 12 }}
    >
      so far
    </span>
  )
}
