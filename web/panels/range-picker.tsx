import CalendarRange from 'lucide-react/icons/calendar-range'
import ChevronDown from 'lucide-react/icons/chevron-down'
import { type FormEvent, useId, useState } from 'react'
import { rangeNowMs } from '../data/clock.ts'
import { usePage } from '../data/page.ts'
import {
  absoluteRange,
  formatSpan,
  parseSpan,
  presets,
  type Range,
  spanWords,
  windowOf,
} from '../data/range.ts'
import {
  clock,
  dayAndMonth,
  instantOfWallClock,
  offsetName,
  stretch,
  wallClockMs,
} from '../data/zone.ts'
import { Flyout } from '../ui/flyout.tsx'

interface RangePickerProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

export function rangeLabel(range: Range, zone: string): string {
  return range.kind === 'relative'
    ? `Last ${spanWords(range.seconds)}`
    : stretch(range.fromMs, range.toMs, zone)
}

/** As `rangeLabel`, for the bar of a phone. */
function shortLabel(range: Range, zone: string): string {
  if (range.kind === 'relative') return formatSpan(range.seconds).replace(/(\D)$/, ' $1')
  const sameDay = dayAndMonth(range.fromMs, zone) === dayAndMonth(range.toMs - 1, zone)
  return sameDay
    ? `${clock(range.fromMs, zone)}–${clock(range.toMs, zone)}`
    : `${dayAndMonth(range.fromMs, zone)} – ${dayAndMonth(range.toMs, zone)}`
}

/** Presets, a typed span, or from here to there in the zone of the page. */
export function RangePicker({ open, onOpenChange }: RangePickerProps) {
  const { question, zone, change } = usePage()
  const range = question?.range ?? null
  const choose = (next: Range) => {
    change({ range: next })
    onOpenChange(false)
  }
  return (
    <Flyout
      open={open}
      onOpenChange={onOpenChange}
      title="Range"
      trigger={
        <button
          type="button"
          className="control min-w-0 shrink"
          aria-keyshortcuts="t"
          title="Range (t)"
        >
          <CalendarRange size={14} className="shrink-0 text-muted max-sm:hidden" aria-hidden />
          <span className="truncate max-sm:hidden">
            {range ? rangeLabel(range, zone) : 'Range'}
          </span>
          <span className="truncate sm:hidden">{range ? shortLabel(range, zone) : 'Range'}</span>
          <ChevronDown size={13} className="shrink-0 text-muted" aria-hidden />
        </button>
      }
    >
      <div className="flex flex-col gap-3 sm:w-[300px]">
        <SpanForm range={range} onChoose={choose} />
        <ul className="grid grid-cols-2 gap-1.5">
          {presets.map(({ seconds, label }) => (
            <li key={seconds}>
              <button
                type="button"
                className="control w-full aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent"
                aria-pressed={range?.kind === 'relative' && range.seconds === seconds}
                onClick={() => choose({ kind: 'relative', seconds })}
              >
                {label}
              </button>
            </li>
          ))}
        </ul>
        <AbsoluteForm key={`${zone}${open}`} range={range} zone={zone} onChoose={choose} />
      </div>
    </Flyout>
  )
}

interface FormProps {
  readonly range: Range | null
  readonly onChoose: (range: Range) => void
}

function SpanForm({ range, onChoose }: FormProps) {
  const [text, setText] = useState(range?.kind === 'relative' ? formatSpan(range.seconds) : '')
  const [refused, setRefused] = useState(false)
  const id = useId()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const seconds = parseSpan(text)
    setRefused(seconds === null)
    if (seconds !== null) onChoose({ kind: 'relative', seconds })
  }
  return (
    <form onSubmit={submit}>
      <label htmlFor={id} className="mb-1 block text-muted text-xs">
        Last
      </label>
      <div className="flex gap-1.5">
        <input
          id={id}
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder="90m, 6h, 3 days"
          autoComplete="off"
          aria-invalid={refused}
          aria-describedby={refused ? `${id}-error` : undefined}
          className="control w-full flex-1"
        />
        <button type="submit" className="control">
          Show
        </button>
      </div>
      {refused && (
        <p id={`${id}-error`} role="alert" className="mt-1 text-bad text-xs">
          Write a span from 1 minute to 400 days, such as 90m or 3 days
        </p>
      )}
    </form>
  )
}

function AbsoluteForm({ range, zone, onChoose }: FormProps & { zone: string }) {
  const shown = windowOf(range ?? { kind: 'relative', seconds: 86_400 }, rangeNowMs())
  const [from, setFrom] = useState(fieldValue(shown.fromMs, zone))
  const [to, setTo] = useState(fieldValue(shown.toMs, zone))
  const [refused, setRefused] = useState(false)
  const id = useId()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const next = absoluteRange(readField(from, zone), readField(to, zone))
    setRefused(next === null)
    if (next) onChoose(next)
  }
  const field = (name: string, value: string, set: (value: string) => void) => (
    <label className="grid grid-cols-[44px_1fr] items-center text-muted text-xs">
      {name}
      <input
        type="datetime-local"
        value={value}
        onChange={(event) => set(event.target.value)}
        required
        className="control w-full min-w-0 text-ink text-sm"
      />
    </label>
  )
  return (
    <form onSubmit={submit} className="flex flex-col gap-1.5 border-line border-t pt-3">
      {field('From', from, setFrom)}
      {field('To', to, setTo)}
      <div className="flex items-center justify-between gap-2">
        <span className="text-faint text-xs">
          {zone}, {offsetName(shown.toMs, zone)}
        </span>
        <button type="submit" className="control">
          Show
        </button>
      </div>
      {refused && (
        <p id={`${id}-error`} role="alert" className="text-bad text-xs">
          The two times must exist and lie at most 400 days apart
        </p>
      )}
    </form>
  )
}

function fieldValue(ms: number, zone: string): string {
  return new Date(wallClockMs(ms, zone)).toISOString().slice(0, 16)
}

function readField(value: string, zone: string): number {
  const wall = Date.parse(`${value}Z`)
  return Number.isFinite(wall) ? instantOfWallClock(wall, zone) : Number.NaN
}
