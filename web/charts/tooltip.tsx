import { formatPercent } from '../data/format.ts'
import type { Bucket } from '../data/series.ts'
import { stretch } from '../data/zone.ts'
import { type DescribeOptions, stateWords } from './describe.ts'

interface TooltipProps {
  readonly bucket: Bucket
  readonly describe: DescribeOptions
  readonly x: number
  readonly width: number
}

const tooltipWidth = 216

/** The numbers of one bucket, beside the crosshair on the side that has room. */
export function ChartTooltip({ bucket, describe, x, width }: TooltipProps) {
  const { looks, stacked, format, zone } = describe
  const note = stateWords(bucket)
  const left = x + 14 + tooltipWidth < width ? x + 14 : Math.max(-40, x - 14 - tooltipWidth)
  const several = looks.length > 1
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute top-1 z-10 rounded-lg border border-line bg-surface/95 px-3 py-2 text-xs"
      style={{ left, width: tooltipWidth }}
    >
      <div className="text-muted">{stretch(bucket.startMs, bucket.endMs, zone)}</div>
      {note && <div className="text-warn">{note}</div>}
      {bucket.total !== null && (
        <dl
          className={`mt-1.5 grid items-baseline gap-x-2 gap-y-0.5 ${several && stacked ? 'grid-cols-[auto_minmax(0,1fr)_auto_auto]' : 'grid-cols-[auto_minmax(0,1fr)_auto]'}`}
        >
          {several && stacked && (
            <div className="col-span-full grid grid-cols-subgrid font-semibold">
              <dt className="col-span-2">Total</dt>
              <dd className="text-right">{format(bucket.total)}</dd>
            </div>
          )}
          {[...looks.entries()]
            .sort(([a], [b]) => (stacked ? 0 : (bucket.values[b] ?? 0) - (bucket.values[a] ?? 0)))
            .map(([index, look]) => {
              const value = bucket.values[index]
              return (
                <div key={look.key} className="col-span-full grid grid-cols-subgrid items-baseline">
                  <span className="size-2 rounded-[2px]" style={{ background: look.color }} />
                  <dt className="truncate">{look.label}</dt>
                  <dd className="text-right">
                    {value === null || value === undefined ? '—' : format(value)}
                  </dd>
                  {several && stacked && (
                    <dd className="w-9 text-right text-faint">
                      {bucket.total ? formatPercent((value ?? 0) / bucket.total) : ''}
                    </dd>
                  )}
                </div>
              )
            })}
        </dl>
      )}
    </div>
  )
}
