import { memo } from 'react'
import { Area, CartesianGrid, ComposedChart, Line, ReferenceArea, XAxis, YAxis } from 'recharts'
import { drawnGaps } from '../data/drawn.ts'
import type { Shape } from '../data/series.ts'
import { gapWords, type SeriesLook } from './describe.ts'
import { axisHeight, axisWidth, margin } from './geometry.ts'
import type { Row } from './points.ts'
import type { TimeTick } from './ticks.ts'

export interface PlotProps {
  readonly width: number
  readonly height: number
  readonly rows: readonly Row[]
  readonly shape: Shape
  readonly looks: readonly SeriesLook[]
  readonly stacked: boolean
  readonly xTicks: readonly TimeTick[]
  readonly yTicks: readonly number[]
  readonly formatTick: (value: number) => string
}

const axisText = { fill: 'var(--faint)', fontSize: 11 }
// A gap of a minute in a month must not vanish.
const leastGapPx = 3
const labelledGapPx = 84
const halfLetterPx = 3.2

/** The drawing itself. Pointer, keys, crosshair and tooltip lie above it (cursor-layer.tsx), so that hovering redraws nothing here. */
export const Plot = memo(function Plot(props: PlotProps) {
  const { width, height, rows, shape, looks, stacked, xTicks, yTicks } = props
  const names = new Map(xTicks.map((tick) => [tick.ms, tick.label]))
  const msPerPx = (shape.toMs - shape.fromMs) / Math.max(1, width - axisWidth - margin.right)
  // The label of a tick at the very end may be wider than the room beside the plot.
  const shownTicks = xTicks.filter(
    ({ ms, label }) => (shape.toMs - ms) / msPerPx + margin.right >= label.length * halfLetterPx,
  )
  const top = yTicks[yTicks.length - 1] ?? 1
  return (
    // Recharts stacks in the order in which series came to be: another set of series is another chart.
    <ComposedChart
      key={looks.map(({ key }) => key).join(' ')}
      width={width}
      height={height}
      data={rows as Row[]}
      margin={margin}
      accessibilityLayer={false}
      tabIndex={-1}
      aria-hidden="true"
    >
      <defs>
        <pattern
          id="gap"
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="6" height="6" fill="var(--surface)" fillOpacity="0.6" />
          <line x1="0" y1="0" x2="0" y2="6" stroke="var(--hatch)" strokeWidth="2" />
        </pattern>
      </defs>
      <CartesianGrid stroke="var(--line)" vertical={false} syncWithTicks />
      <XAxis
        dataKey="x"
        type="number"
        scale="time"
        domain={[shape.fromMs, shape.toMs]}
        allowDataOverflow
        ticks={shownTicks.map((tick) => tick.ms)}
        tickFormatter={(ms: number) => names.get(ms) ?? ''}
        height={axisHeight}
        tickLine={false}
        axisLine={{ stroke: 'var(--line)' }}
        tick={axisText}
        tickMargin={7}
        interval={0}
      />
      <YAxis
        type="number"
        domain={[0, top]}
        ticks={[...yTicks]}
        tickFormatter={props.formatTick}
        width={axisWidth}
        tickLine={false}
        axisLine={false}
        tick={axisText}
        interval={0}
      />
      {looks.map((look, index) =>
        stacked ? (
          <Area
            key={look.key}
            dataKey={`s${index}`}
            stackId="closed"
            type="linear"
            stroke={look.color}
            strokeWidth={looks.length === 1 ? 1.7 : 1}
            strokeLinejoin="round"
            fill={look.color}
            fillOpacity={looks.length === 1 ? 'var(--fill)' : 'var(--stack-fill)'}
            isAnimationActive={false}
            activeDot={false}
            dot={false}
          />
        ) : (
          <Line
            key={look.key}
            dataKey={`s${index}`}
            type="linear"
            stroke={look.color}
            strokeWidth={1.7}
            strokeLinejoin="round"
            isAnimationActive={false}
            activeDot={false}
            dot={false}
          />
        ),
      )}
      {looks.map((look, index) =>
        stacked ? (
          <Area
            key={look.key}
            dataKey={`o${index}`}
            stackId="open"
            type="linear"
            stroke={look.color}
            strokeWidth={1.4}
            strokeDasharray="3 3"
            fill={look.color}
            fillOpacity={0.16}
            isAnimationActive={false}
            activeDot={false}
            dot={false}
          />
        ) : (
          <Line
            key={look.key}
            dataKey={`o${index}`}
            type="linear"
            stroke={look.color}
            strokeWidth={1.7}
            strokeDasharray="3 3"
            isAnimationActive={false}
            activeDot={false}
            dot={false}
          />
        ),
      )}
      {drawnGaps(shape).map((gap) => {
        const from = Math.max(gap.fromMs, shape.fromMs)
        const to = Math.min(Math.max(gap.toMs, from + leastGapPx * msPerPx), shape.toMs)
        if (to <= from) return null
        const wide = (to - from) / msPerPx > labelledGapPx
        return (
          <ReferenceArea
            key={`${gap.fromMs}-${gap.reason}`}
            x1={from}
            x2={to}
            fill="url(#gap)"
            fillOpacity={1}
            strokeOpacity={0}
            {...(wide
              ? {
                  label: {
                    value: gapWords(gap.reason),
                    fill: 'var(--muted)',
                    fontSize: 11,
                    stroke: 'var(--surface)',
                    strokeWidth: 5,
                    paintOrder: 'stroke',
                  },
                }
              : {})}
          />
        )
      })}
    </ComposedChart>
  )
})

export default Plot
