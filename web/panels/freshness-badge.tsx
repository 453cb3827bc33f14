import { useEffect, useRef, useState } from 'react'
import type { Partition } from '#contract/health.ts'
import { formatCount } from '../data/format.ts'
import { type Freshness, freshnessOf, type Level } from '../data/freshness.ts'
import { componentLabel } from '../data/labels.ts'
import { useLiveState } from '../data/live.ts'
import { usePage } from '../data/page.ts'
import { useHealth } from '../data/queries.ts'
import { secondsOrDay } from '../data/zone.ts'
import { Flyout } from '../ui/flyout.tsx'
import { useNow } from '../ui/use-now.ts'

const looks: Readonly<Record<Level, string>> = {
  good: 'text-good',
  warn: 'text-warn',
  bad: 'text-bad',
  idle: 'text-muted',
}

const stateLooks = {
  ok: 'text-good',
  starting: 'text-muted',
  degraded: 'text-warn',
  down: 'text-bad',
} as const

export function useFreshness(paused: boolean): Freshness {
  useNow(500)
  const live = useLiveState()
  const { data } = useHealth()
  const now = Date.now()
  return freshnessOf({
    stream: live.status,
    streamForMs: now - live.sinceMs,
    counters: live.counters,
    countersAgeMs: Math.max(0, now - live.countersAtMs),
    health: data ?? null,
    paused,
  })
}

/** How current the page is, never better than the worst stage behind it; the stages are one click away. */
export function FreshnessBadge({ paused }: { paused: boolean }) {
  const [open, setOpen] = useState(false)
  const freshness = useFreshness(paused)
  const { zone } = usePage()
  const { data } = useHealth()
  const { counters } = useLiveState()
  return (
    <>
      <Flyout
        open={open}
        onOpenChange={setOpen}
        title="How current this is"
        trigger={
          <button
            type="button"
            className={`inline-flex h-8 min-w-0 items-center gap-2 rounded-lg px-2 font-medium hover:bg-sunken max-sm:h-11 ${looks[freshness.level]}`}
          >
            <span
              aria-hidden
              className="size-[7px] shrink-0 rounded-full bg-current shadow-[0_0_0_3px_color-mix(in_srgb,currentColor_20%,transparent)]"
            />
            <span className="truncate">{freshness.label}</span>
          </button>
        }
      >
        <div className="flex flex-col gap-3 sm:w-[340px]">
          <p>{freshness.detail}</p>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
            <dt className="text-muted">Newest event</dt>
            <dd>
              {counters?.asOf
                ? `${secondsOrDay(Date.parse(counters.asOf), Date.now(), zone)} ${zone}`
                : '—'}
            </dd>
            <dt className="text-muted">Stored so far</dt>
            <dd>{counters ? `${formatCount(counters.eventsTotal)} events` : '—'}</dd>
            {data && data.partitions.length > 0 && (
              <>
                <dt className="text-muted">Waiting in Kafka</dt>
                <dd>{`${formatCount(sumLag(data.partitions))} events in ${data.partitions.length} partitions`}</dd>
              </>
            )}
          </dl>
          <ul className="flex flex-col gap-2 border-line border-t pt-3">
            {data?.components.map((component) => (
              <li key={component.name} className="grid grid-cols-[96px_1fr] gap-x-2">
                <span className="font-medium">{componentLabel(component.name)}</span>
                <span className={stateLooks[component.state]}>{component.state}</span>
                <span className="stranger col-start-2 text-muted text-xs">{component.detail}</span>
              </li>
            ))}
          </ul>
          {data && (
            <p className="text-faint text-xs">
              {data.name} {data.version}
            </p>
          )}
        </div>
      </Flyout>
      <Announcer freshness={freshness} />
    </>
  )
}

/** Null where that of any is unknown. */
function sumLag(partitions: readonly Partition[]): number | null {
  return partitions.reduce<number | null>(
    (sum, { lag }) => (sum === null || lag === null ? null : sum + lag),
    0,
  )
}

const announceEveryMs = 10_000

/** Tells a screen reader when the state changes, at most every 10 s, and never the seconds. */
function Announcer({ freshness }: { freshness: Freshness }) {
  const words = freshness.label.split(' · ')[0] ?? ''
  const [said, setSaid] = useState('')
  const saidAt = useRef(0)
  useEffect(() => {
    const wait = Math.max(0, saidAt.current + announceEveryMs - Date.now())
    const timer = setTimeout(() => {
      saidAt.current = Date.now()
      setSaid(words)
    }, wait)
    return () => clearTimeout(timer)
  }, [words])
  return (
    <span role="status" className="sr-only">
      {said}
    </span>
  )
}
