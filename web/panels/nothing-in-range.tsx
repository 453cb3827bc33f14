import { rangeNowMs } from '../data/clock.ts'
import { filterNames, filterText, withFilter } from '../data/filters.ts'
import { usePage } from '../data/page.ts'
import { lengthSeconds, spanWords, zoomOut } from '../data/range.ts'

/** Why there is nothing, and the two ways out of it. */
export function NothingInRange({ what }: { what: string }) {
  const { view, question, change } = usePage()
  if (!question) return null
  const { range } = question
  const set = filterNames.filter((name) => view.filters[name] !== undefined)
  const where =
    range.kind === 'relative'
      ? `in the last ${spanWords(range.seconds)}`
      : `in these ${spanWords(lengthSeconds(range))}`
  return (
    <>
      <p>
        No {what} {where}
        {set.length > 1 ? ' under these filters' : ''}.
      </p>
      <div className="flex flex-wrap justify-center gap-2 text-ink">
        <button
          type="button"
          className="control"
          onClick={() => change({ range: zoomOut(range, rangeNowMs()) })}
        >
          Widen the range
        </button>
        {set.map((name) => (
          <button
            key={name}
            type="button"
            className="control max-w-full"
            onClick={() => change({ filters: withFilter(view.filters, name, undefined) })}
          >
            Drop <bdi className="truncate">{filterText(name, view.filters[name] ?? '')}</bdi>
          </button>
        ))}
      </div>
    </>
  )
}
