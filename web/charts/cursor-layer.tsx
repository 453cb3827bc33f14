import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react'
import type { Bucket, Shape } from '../data/series.ts'
import { type DescribeOptions, describeBucket } from './describe.ts'
import type { PlotBox } from './geometry.ts'
import { middle } from './points.ts'
import { ChartTooltip } from './tooltip.tsx'

export interface CursorLayerProps {
  readonly box: PlotBox
  readonly shape: Shape
  readonly maxValue: number
  readonly describe: DescribeOptions
  readonly onZoom: (fromMs: number, toMs: number) => void
  readonly onZoomOut: () => void
}

// A shorter pull is a click with an unsteady hand.
const leastDragPx = 6

/**
 * What happens above a plot: crosshair and tooltip on hover, dragging to zoom in, double click to zoom out, arrow keys to step through the
 * buckets (with shift to select, Enter to zoom into what is selected). A slider to assistive technology, whose value is the bucket.
 */
export function CursorLayer(props: CursorLayerProps) {
  const { box, shape, describe } = props
  const { buckets } = shape
  const [index, setIndex] = useState<number | null>(null)
  const [anchor, setAnchor] = useState<number | null>(null)
  const downAt = useRef<number | null>(null)
  const layer = useRef<HTMLDivElement>(null)

  const span = shape.toMs - shape.fromMs
  const xOf = (ms: number) => ((ms - shape.fromMs) / span) * box.width
  const yOf = (value: number) => box.height * (1 - value / props.maxValue)
  const indexAt = (event: PointerEvent) => {
    const rect = event.currentTarget.getBoundingClientRect()
    const ms = shape.fromMs + ((event.clientX - rect.left) / Math.max(1, rect.width)) * span
    const after = buckets.findIndex((bucket) => bucket.endMs > ms)
    return after < 0 ? buckets.length - 1 : after
  }
  const clear = () => {
    setIndex(null)
    setAnchor(null)
    downAt.current = null
  }
  const zoom = (a: number, b: number) => {
    const from = buckets[Math.min(a, b)]
    const to = buckets[Math.max(a, b)]
    if (from && to) props.onZoom(from.startMs, to.endMs)
    clear()
  }

  // The window moves while the pointer rests: what it pointed at may be gone.
  useEffect(() => {
    setIndex((current) => (current !== null && current >= buckets.length ? null : current))
  }, [buckets.length])

  const onPointerDown = (event: PointerEvent) => {
    if (event.pointerType === 'touch' || event.button !== 0) return
    downAt.current = event.clientX
    event.currentTarget.setPointerCapture(event.pointerId)
    const here = indexAt(event)
    setIndex(here)
    setAnchor(here)
  }
  const onPointerMove = (event: PointerEvent) => setIndex(indexAt(event))
  const onPointerUp = (event: PointerEvent) => {
    const from = downAt.current
    downAt.current = null
    if (from === null) return
    const far = Math.abs(event.clientX - from) >= leastDragPx
    if (far && anchor !== null) zoom(anchor, indexAt(event))
    else setAnchor(null)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const last = buckets.length - 1
    const here = index ?? (event.key === 'ArrowRight' ? -1 : last + 1)
    const target = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      PageUp: here - 10,
      PageDown: here + 10,
      Home: 0,
      End: last,
    }[event.key]
    if (target !== undefined) {
      event.preventDefault()
      if (event.shiftKey) setAnchor((current) => current ?? index ?? target)
      else setAnchor(null)
      setIndex(Math.max(0, Math.min(last, target)))
    } else if (event.key === 'Enter' && index !== null && anchor !== null) zoom(anchor, index)
    else if (event.key === 'Escape' && index !== null) {
      event.stopPropagation()
      clear()
    } else if (event.key === '-') props.onZoomOut()
  }

  const bucket = index === null ? undefined : buckets[index]
  const from = anchor === null ? undefined : buckets[anchor]
  return (
    <div
      ref={layer}
      role="slider"
      tabIndex={0}
      aria-label={`${describe.title}: point in time`}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, buckets.length - 1)}
      aria-valuenow={index ?? 0}
      aria-valuetext={bucket ? describeBucket(bucket, describe) : 'Use the arrow keys'}
      className="absolute cursor-crosshair touch-pan-y select-none rounded-sm"
      style={{ left: box.left, top: box.top, width: box.width, height: box.height }}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerLeave={(event) => {
        if (downAt.current === null && event.pointerType !== 'touch') clear()
      }}
      onPointerCancel={clear}
      onDoubleClick={() => {
        clear()
        props.onZoomOut()
      }}
      onKeyDown={onKeyDown}
      onBlur={clear}
    >
      {bucket && from && anchor !== index && (
        <div
          className="pointer-events-none absolute inset-y-0 border-accent border-x bg-accent/12"
          style={selection(from, bucket, xOf)}
        />
      )}
      {bucket && (
        <>
          <div
            className="pointer-events-none absolute inset-y-0 border-faint border-l border-dashed"
            style={{ left: xOf(middle(bucket)) }}
          />
          <Dots bucket={bucket} describe={describe} x={xOf(middle(bucket))} yOf={yOf} />
          <ChartTooltip
            bucket={bucket}
            describe={describe}
            x={xOf(middle(bucket))}
            width={box.width}
          />
        </>
      )}
    </div>
  )
}

function selection(a: Bucket, b: Bucket, xOf: (ms: number) => number) {
  const left = xOf(Math.min(a.startMs, b.startMs))
  return { left, width: xOf(Math.max(a.endMs, b.endMs)) - left }
}

interface DotsProps {
  readonly bucket: Bucket
  readonly describe: DescribeOptions
  readonly x: number
  readonly yOf: (value: number) => number
}

function Dots({ bucket, describe, x, yOf }: DotsProps) {
  let base = 0
  return describe.looks.map((look, position) => {
    const value = bucket.values[position]
    if (value === null || value === undefined) return null
    base = describe.stacked ? base + value : value
    return (
      <span
        key={look.key}
        className="-translate-x-1/2 -translate-y-1/2 pointer-events-none absolute size-2 rounded-full border-2 border-surface"
        style={{ left: x, top: yOf(base), background: look.color, boxSizing: 'content-box' }}
      />
    )
  })
}
