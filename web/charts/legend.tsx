import type { SeriesLook } from './describe.ts'

interface LegendProps {
  readonly looks: readonly SeriesLook[]
  /** The key that is shown alone. */
  readonly only: string | null
  readonly onSelect: (key: string) => void
  readonly hint: string
}

/** The series by colour and name; choosing one does what `hint` says. */
export function Legend({ looks, only, onSelect, hint }: LegendProps) {
  return (
    <ul className="flex flex-wrap gap-x-1 px-2.5" aria-label="Series">
      {looks.map((look) => (
        <li key={look.key}>
          <button
            type="button"
            aria-pressed={only === look.key}
            title={hint}
            onClick={() => onSelect(look.key)}
            className={`touch inline-flex h-7 items-center gap-1.5 rounded-md px-1.5 text-xs hover:bg-sunken hover:text-ink ${
              only !== null && only !== look.key ? 'text-faint' : 'text-muted'
            }`}
          >
            <span
              aria-hidden
              className="size-2.5 rounded-[3px]"
              style={{
                background: only === null || only === look.key ? look.color : 'var(--hatch)',
              }}
            />
            {look.label}
          </button>
        </li>
      ))}
    </ul>
  )
}
