interface SegmentedProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
}

/** One of a few, side by side. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  return (
    <fieldset className="inline-flex rounded-[7px] border border-line bg-sunken p-0.5">
      <legend className="sr-only">{props.label}</legend>
      {props.options.map(({ value, label }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === props.value}
          onClick={() => props.onChange(value)}
          className="h-6 rounded-sm px-2.5 text-muted text-xs hover:text-ink aria-pressed:bg-surface aria-pressed:text-ink aria-pressed:outline aria-pressed:outline-line max-sm:h-10"
        >
          {label}
        </button>
      ))}
    </fieldset>
  )
}
