import type { ResponseOf } from '#contract/endpoint.ts'
import type { timeseries } from '#contract/timeseries.ts'
import { gapWords } from '../charts/describe.ts'
import { bucketWords } from '../data/chart-choice.ts'
import { formatCoverage } from '../data/format.ts'
import { clock, clockSeconds, dayAndTime, secondsOrDay, shortDay } from '../data/zone.ts'
import { StaleMark } from '../ui/tile-state.tsx'

interface FooterProps {
  readonly answer: Pick<
    ResponseOf<typeof timeseries>,
    'coverage' | 'tz' | 'asOf' | 'interval' | 'open' | 'counted'
  >
  /** Whether, and how well, the numbers are extrapolated. */
  readonly estimate?: string | undefined
  /** Why the last renewal failed, where it did. */
  readonly error: Error | null
  readonly onRetry: () => void
}

/** What the numbers above rest on: grain, zone, newest event, how much was received, and what was not. */
export function ChartFooter({ answer, estimate, error, onRetry }: FooterProps) {
  const { coverage, tz, asOf } = answer
  const [longest] = [...coverage.gaps].sort((a, b) => length(b) - length(a))
  return (
    <>
      <span className="first-letter:uppercase">{bucketWords(answer.interval)}</span>
      <span>{tz}</span>
      {asOf && <span>last event {secondsOrDay(Date.parse(asOf), Date.now(), tz)}</span>}
      {answer.open && <span>last bucket so far</span>}
      {estimate && <span>{estimate}</span>}
      {answer.counted === 'sample' && (
        <span className="text-warn">from the newest matching posts only</span>
      )}
      {coverage.ratio >= 1 ? (
        <span>coverage 100%</span>
      ) : (
        <span className="text-warn">
          coverage {formatCoverage(coverage.ratio)}
          {longest && ` · ${gapWords(longest.reason)} ${gapSpan(longest, tz)}`}
          {coverage.gaps.length > 1 && ` and ${coverage.gaps.length - 1} more`}
        </span>
      )}
      {error && <StaleMark error={error} onRetry={onRetry} />}
    </>
  )
}

interface ListedGap {
  readonly from: string
  readonly to: string
}

function length(gap: ListedGap): number {
  return Date.parse(gap.to) - Date.parse(gap.from)
}

function gapSpan(gap: ListedGap, zone: string): string {
  const fromMs = Date.parse(gap.from)
  const toMs = Date.parse(gap.to)
  const sameDay = shortDay(fromMs, zone) === shortDay(toMs, zone)
  // To the minute, a gap of seconds would have no length.
  const tell = toMs - fromMs < 120_000 ? clockSeconds : clock
  return sameDay
    ? `${tell(fromMs, zone)}–${tell(toMs, zone)}`
    : `${dayAndTime(fromMs, zone)} – ${dayAndTime(toMs, zone)}`
}
