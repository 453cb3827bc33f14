import { describeRatio } from '../data/format.ts'

interface DeltaProps {
  /** Now against before, minus 1; null where it cannot be told. */
  readonly ratio: number | null
  /** Before was nothing, now is something. */
  readonly fresh?: boolean
  /** What it is compared with, for those who only hear it. */
  readonly than: string
}

/** ▲ 4.2%, ▼ 1%, new, or a dash. */
export function Delta({ ratio, fresh, than }: DeltaProps) {
  if (fresh)
    return (
      <span className="rounded-sm border border-accent px-1 font-semibold text-2xs text-accent">
        new
      </span>
    )
  if (ratio === null)
    return (
      <span className="text-faint">
        <span aria-hidden>—</span>
        <span className="sr-only">no comparison</span>
      </span>
    )
  const { direction, text, words } = describeRatio(ratio)
  const look = { up: ['▲', 'text-good'], down: ['▼', 'text-bad'], same: ['', 'text-muted'] }[
    direction
  ]
  return (
    <span className={`whitespace-nowrap ${look[1]}`}>
      <span aria-hidden>
        {look[0]} {text}
      </span>
      <span className="sr-only">
        {words} than {than}
      </span>
    </span>
  )
}
