import X from 'lucide-react/icons/x'
import { type FormEvent, type RefObject, useId, useState } from 'react'
import { RequestError } from '../data/api.ts'
import {
  filterNames,
  filterText,
  parseFilter,
  refusedFilters,
  withFilter,
} from '../data/filters.ts'
import { keyLabel } from '../data/labels.ts'
import { usePage } from '../data/page.ts'
import { useSummary } from '../data/queries.ts'

/** The filters that hold, as chips, and a field to add one. */
export function FilterBar({ input }: { input: RefObject<HTMLInputElement | null> }) {
  const { view, change, question, live } = usePage()
  // Every tile is asked with these filters, and refused alike.
  const { error } = useSummary(question, live)
  const refused = error instanceof RequestError ? refusedFilters(error.parameters) : []
  const [text, setText] = useState('')
  const [message, setMessage] = useState<string | null>(null)
  const id = useId()
  const active = filterNames.flatMap((name) => {
    const value = view.filters[name]
    return value === undefined ? [] : [{ name, value }]
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() === '') return
    const parsed = parseFilter(text)
    setMessage(parsed.ok ? null : parsed.message)
    if (!parsed.ok) return
    change({ filters: withFilter(view.filters, parsed.name, parsed.value) })
    setText('')
  }
  return (
    <search>
      <form
        onSubmit={submit}
        className="panel flex min-h-[38px] flex-wrap items-center gap-1.5 px-2 py-1 focus-within:border-accent"
      >
        {active.map(({ name, value }) => (
          <span
            key={name}
            className="inline-flex h-[26px] max-w-full items-center rounded-md bg-accent-soft pl-2.5 font-medium text-accent max-sm:h-9"
            title={name === 'lang' ? keyLabel('language', value) : undefined}
          >
            <bdi className="truncate">{filterText(name, value)}</bdi>
            <button
              type="button"
              aria-label={`Remove ${filterText(name, value)}`}
              onClick={() => change({ filters: withFilter(view.filters, name, undefined) })}
              className="touch ml-0.5 grid size-[26px] shrink-0 place-items-center rounded-md hover:bg-bar-hover"
            >
              <X size={13} aria-hidden />
            </button>
          </span>
        ))}
        <input
          ref={input}
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setMessage(null)
          }}
          onKeyDown={(event) => {
            const last = active[active.length - 1]
            if (event.key === 'Backspace' && text === '' && last)
              change({ filters: withFilter(view.filters, last.name, undefined) })
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
          placeholder="Filter posts: lang:pt, #tag, domain:example.org, from:handle"
          aria-label="Add a filter"
          aria-keyshortcuts="/"
          aria-invalid={message !== null}
          aria-describedby={message ? id : undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          enterKeyHint="search"
          className="h-7 min-w-[120px] flex-1 bg-transparent px-1 outline-none placeholder:text-faint max-sm:h-9"
        />
        {text ? (
          <button type="submit" className="text-accent text-xs px-2 touch">
            Add
          </button>
        ) : (
          <kbd
            aria-hidden
            className="rounded-sm border border-line px-1.5 py-0.5 font-mono text-2xs text-faint max-sm:hidden"
          >
            /
          </kbd>
        )}
      </form>
      {message && (
        <p id={id} role="alert" className="mt-1 px-2 text-bad text-xs">
          {message}
        </p>
      )}
      {refused.map((reason) => (
        <p key={reason} role="alert" className="stranger mt-1 px-2 text-bad text-xs">
          {reason}
        </p>
      ))}
    </search>
  )
}
