import { formatCompact, formatCount } from '../data/format.ts'
import { keyLabel, weekdays } from '../data/labels.ts'
import type { WeekHour, WeekHours } from '../data/week-hours.ts'

interface WeekGridProps {
  readonly hours: WeekHours
  /** What is counted, for those who do not see the colours. */
  readonly unit: string
}

/** Hours by weekday, darker where there is more; a table, so that every cell can be read. */
export function WeekGrid({ hours, unit }: WeekGridProps) {
  const most = Math.max(1, ...hours.flat().map(({ rate }) => rate ?? 0))
  return (
    <table className="h-full w-full table-fixed border-separate border-spacing-[2px] text-2xs text-faint">
      <caption className="sr-only">{unit} by weekday and hour, UTC</caption>
      <thead>
        <tr>
          <td className="w-8" />
          {Array.from({ length: 24 }, (_, hour) => (
            <th key={String(hour)} scope="col" className="h-4 p-0 text-left font-normal">
              <span className={hour % 6 === 0 ? '' : 'sr-only'}>
                {String(hour).padStart(2, '0')}
              </span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {hours.map((row, index) => (
          <tr key={weekdays[index]}>
            <th scope="row" className="p-0 text-left font-normal">
              {weekdays[index]}
            </th>
            {row.map((hour) => (
              <Cell key={hour.key} hour={hour} most={most} unit={unit} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Cell({ hour, most, unit }: { hour: WeekHour; most: number; unit: string }) {
  const { rate, key } = hour
  const name = keyLabel('hour-of-week', key)
  if (rate === null) {
    return (
      <td title={`${name}: not received`} className="unheard rounded-[2px] p-0">
        <span className="sr-only">not received</span>
      </td>
    )
  }
  const part = Math.round(12 + (88 * rate) / most)
  return (
    <td
      title={`${name}: ${formatCount(Math.round(rate))} ${unit}`}
      className="rounded-[2px] p-0"
      style={{
        background:
          rate === 0
            ? 'var(--sunken)'
            : `color-mix(in oklab, var(--series-1) ${part}%, var(--surface))`,
      }}
    >
      <span className="sr-only">{formatCompact(rate)}</span>
    </td>
  )
}

/** The same as a list, the busiest hour first. */
export function WeekTable({ hours, unit }: WeekGridProps) {
  const sorted = hours.flat().sort((a, b) => (b.rate ?? -1) - (a.rate ?? -1))
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Hours of the week, as a table"
      className="h-full overflow-auto -outline-offset-2"
    >
      <table className="w-full border-collapse text-right">
        <thead className="sticky top-0 bg-surface text-2xs text-faint">
          <tr>
            <th scope="col" className="h-8 px-4 text-left font-medium">
              Hour (UTC)
            </th>
            <th scope="col" className="px-4 font-medium first-letter:uppercase">
              {unit}
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(({ key, rate }) => (
            <tr key={key} className="border-line border-t">
              <th scope="row" className="h-8 px-4 text-left font-normal">
                {keyLabel('hour-of-week', key)}
              </th>
              <td className="px-4">{formatCount(rate === null ? null : Math.round(rate))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** The table as CSV: unknown as an empty cell. */
export function weekCsv(hours: WeekHours): string {
  const lines = hours
    .flat()
    .map(({ key, rate }) => [key, rate === null ? '' : String(Number(rate.toFixed(2)))].join(','))
  return ['hour_of_week_utc,events_per_hour', ...lines].join('\r\n')
}
