import { formatCount } from '../data/format.ts'
import type { Shape } from '../data/series.ts'
import { dayAndTime, stretch } from '../data/zone.ts'
import { type DescribeOptions, stateWords } from './describe.ts'

/** The same numbers as the chart, newest first. */
export function SeriesTable({ shape, describe }: { shape: Shape; describe: DescribeOptions }) {
  const { looks, zone, format, stacked, title } = describe
  const total = stacked && looks.length > 1
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={`${title}, as a table`}
      className="h-full overflow-auto -outline-offset-2"
    >
      <table className="w-full border-collapse text-right">
        <thead className="sticky top-0 bg-surface text-2xs text-faint">
          <tr>
            <th scope="col" className="h-8 px-4 text-left font-medium">
              Time ({zone})
            </th>
            {total && (
              <th scope="col" className="px-3 font-medium">
                Total
              </th>
            )}
            {looks.map((look) => (
              <th key={look.key} scope="col" className="px-3 font-medium last:pr-4">
                {look.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...shape.buckets].reverse().map((bucket) => {
            const note = stateWords(bucket)
            return (
              <tr key={bucket.startMs} className="border-line border-t">
                <th
                  scope="row"
                  className="h-8 whitespace-nowrap px-4 text-left font-normal"
                  title={stretch(bucket.startMs, bucket.endMs, zone)}
                >
                  {dayAndTime(bucket.startMs, zone)}
                  {note && <span className="ml-2 text-warn text-xs">{note}</span>}
                </th>
                {total && <td className="px-3 font-medium">{cell(bucket.total, format)}</td>}
                {looks.map((look, index) => (
                  <td key={look.key} className="px-3 last:pr-4">
                    {cell(bucket.values[index], format)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

/** The table as CSV: times in UTC, unknown as an empty cell. */
export function seriesCsv(shape: Shape, describe: DescribeOptions): string {
  const head = ['start', 'end', 'state', ...describe.looks.map((look) => look.key || 'other')]
  const lines = shape.buckets.map((bucket) => [
    new Date(bucket.startMs).toISOString(),
    new Date(bucket.endMs).toISOString(),
    bucket.state,
    ...describe.looks.map((_, index) => {
      const value = bucket.values[index]
      return value === null || value === undefined ? '' : String(Number(value.toFixed(4)))
    }),
  ])
  return [head, ...lines].map((line) => line.map(quote).join(',')).join('\r\n')
}

function cell(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? formatCount(null) : format(value)
}

// A key is a stranger's text: quoted, and never the start of a formula.
function quote(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
