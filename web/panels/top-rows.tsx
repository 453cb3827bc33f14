import type { DimensionName } from '#contract/common.ts'
import type { ResponseOf } from '#contract/endpoint.ts'
import type { top } from '#contract/top.ts'
import type { FilterName } from '../data/filters.ts'
import { formatCompact, formatCount } from '../data/format.ts'
import { keyLabel } from '../data/labels.ts'
import { usePage } from '../data/page.ts'
import { lengthSeconds, spanWords } from '../data/range.ts'
import { Delta } from '../ui/delta.tsx'

export interface TopTableProps {
  readonly dimension: DimensionName
  readonly title: string
  /** Its name among those of the same card. */
  readonly tab: string
  /** What a row is, for the head of the column. */
  readonly noun: string
  /** What is counted. */
  readonly unit: 'Posts' | 'Events'
}

interface TopRowsProps extends TopTableProps {
  readonly items: ResponseOf<typeof top>['items']
  /** Whether accounts are extrapolated. */
  readonly estimated: boolean
  readonly onChoose?: () => void
}

/** Rows of a ranking: a bar behind the name, the count, and the change. */
export function TopRows(props: TopRowsProps) {
  const { dimension, title, noun, unit, items, estimated, onChoose } = props
  const { question } = usePage()
  const choice = useRowChoice(dimension)
  const largest = Math.max(1, ...items.map((item) => item.count))
  const authored = items.some((item) => item.authors !== null)
  const before = question ? `the ${spanWords(lengthSeconds(question.range))} before` : 'before'
  return (
    <table className="w-full table-fixed border-collapse">
      <caption className="sr-only">
        {title} by {unit.toLowerCase()}
      </caption>
      <thead className="text-2xs text-faint">
        <tr>
          <th scope="col" className="h-6 pl-4 text-left font-medium first-letter:uppercase">
            {noun}
          </th>
          <th scope="col" className="w-[76px] text-right font-medium">
            {unit}
          </th>
          {authored && (
            <th
              scope="col"
              className="hidden w-[76px] text-right font-medium @min-[370px]:table-cell"
              title="Different accounts behind the count"
            >
              Authors
            </th>
          )}
          <th scope="col" className="w-[92px] pr-4 text-right font-medium" title={`vs ${before}`}>
            vs before
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => {
          const label = item.handle ? `@${item.handle}` : keyLabel(dimension, item.key)
          return (
            <tr key={item.key} className="group relative">
              <td className="relative h-[34px] p-0 pl-2.5 max-sm:h-11">
                <span
                  aria-hidden
                  className="absolute inset-y-[3px] left-2.5 min-w-0.5 rounded-sm bg-bar group-hover:bg-bar-hover"
                  style={{ width: `calc((100% - 10px) * ${item.count / largest})` }}
                />
                {choice ? (
                  <button
                    type="button"
                    aria-pressed={choice.chosen === item.key}
                    title={`${label}: ${choice.hint}`}
                    onClick={() => {
                      choice.choose(item.key)
                      onChoose?.()
                    }}
                    className={`${name} -outline-offset-2 aria-pressed:font-semibold aria-pressed:text-accent`}
                  >
                    <bdi className="truncate">{label}</bdi>
                  </button>
                ) : (
                  <span title={label} className={name}>
                    <bdi className="truncate">{label}</bdi>
                  </span>
                )}
              </td>
              <td className="text-right" title={formatCount(item.count)}>
                {formatCompact(item.count)}
              </td>
              {authored && (
                <td
                  className="hidden text-right text-muted @min-[370px]:table-cell"
                  title={formatCount(item.authors)}
                >
                  {estimated && item.authors !== null && '≈ '}
                  {formatCompact(item.authors)}
                </td>
              )}
              <td className="pr-4 text-right">
                <Delta
                  ratio={item.change}
                  fresh={item.previous === 0 && item.count > 0}
                  than={before}
                />
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const name = 'relative flex h-full w-full items-center rounded-sm px-1.5 text-left'

const filterOf = {
  language: 'lang',
  tag: 'tag',
  domain: 'domain',
} as const satisfies Partial<Record<DimensionName, FilterName>>

/** What choosing a row does: it filters posts, or shows that series of the chart alone; null where there is neither. */
function useRowChoice(dimension: DimensionName) {
  const { view, change, toggleFilter } = usePage()
  if (dimension === 'language' || dimension === 'tag' || dimension === 'domain') {
    const filter = filterOf[dimension]
    return {
      chosen: view.filters[filter],
      choose: (key: string) => toggleFilter(filter, key),
      hint: 'filter by it',
    }
  }
  if (dimension !== 'collection') return null
  return {
    chosen: view.metric === 'events' ? view.only : null,
    choose: (key: string) =>
      change({
        metric: 'events',
        only: view.metric === 'events' && view.only === key ? null : key,
      }),
    hint: 'show it alone in the chart',
  }
}
