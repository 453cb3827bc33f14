import { useState } from 'react'
import { formatCount } from '../data/format.ts'
import { usePage } from '../data/page.ts'
import { useTop } from '../data/queries.ts'
import { Segmented } from '../ui/segmented.tsx'
import { Empty, Failure, Skeleton, StaleMark } from '../ui/tile-state.tsx'
import { NothingInRange } from './nothing-in-range.tsx'
import { TopRows, type TopTableProps } from './top-rows.tsx'
import { TopSheet } from './top-sheet.tsx'

const rows = 10
// Header and ten rows: the height that the tile keeps in all of its states.
const bodyHeight = 'min-h-[372px] max-sm:min-h-[472px]'

/** The largest keys of one of a few dimensions; a row filters everything. */
export function TopTable({ tops }: { tops: readonly [TopTableProps, ...TopTableProps[]] }) {
  const { question, live } = usePage()
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState<string>(tops[0].dimension)
  const props = tops.find(({ dimension }) => dimension === chosen) ?? tops[0]
  const { dimension, title, noun } = props
  const query = useTop(question, dimension, rows, live)
  const { data } = query
  return (
    <section aria-label={title} className="panel @container flex flex-col">
      <div className="flex min-h-[42px] flex-wrap items-baseline justify-between gap-x-3 gap-y-1 px-4 pt-2.5 pb-1.5">
        <h2 className="font-semibold text-[14px] tracking-tight">{title}</h2>
        {tops.length > 1 && (
          <Segmented
            label="Ranking of"
            value={dimension}
            options={tops.map(({ dimension, tab }) => ({ value: dimension, label: tab }))}
            onChange={setChosen}
          />
        )}
        {query.isError && data && (
          <StaleMark error={query.error} onRetry={() => void query.refetch()} />
        )}
        {data?.counted === 'sample' && (
          <span className="text-warn text-xs">from the newest matching posts only</span>
        )}
      </div>
      <div className={`${bodyHeight} ${query.isPlaceholderData ? 'opacity-50' : ''}`}>
        {query.isError && !data ? (
          <Failure
            className="min-h-[inherit]"
            error={query.error}
            onRetry={() => void query.refetch()}
          />
        ) : !data ? (
          <SkeletonRows />
        ) : data.items.length === 0 ? (
          <Empty className="min-h-[inherit]">
            <NothingInRange what={`${noun}s`} />
          </Empty>
        ) : (
          <TopRows {...props} items={data.items} estimated={data.authorsOver?.estimated ?? false} />
        )}
      </div>
      <div className="min-h-10 px-2.5 pb-2">
        {data && data.keys > data.items.length && (
          <button
            type="button"
            onClick={() => setOpen(true)}
            className="touch rounded-md px-1.5 py-1 text-muted hover:bg-sunken hover:text-ink"
          >
            All {formatCount(data.keys)} {noun}s
          </button>
        )}
      </div>
      <TopSheet {...props} open={open} onClose={() => setOpen(false)} />
    </section>
  )
}

function SkeletonRows() {
  return (
    <div className="flex flex-col pt-6" aria-hidden>
      {['w-[88%]', 'w-[70%]', 'w-[58%]', 'w-[50%]', 'w-[44%]', 'w-[40%]', 'w-[36%]', 'w-[33%]'].map(
        (width) => (
          <div key={width} className="flex h-[34px] items-center px-2.5 max-sm:h-11">
            <Skeleton className={`h-7 ${width}`} />
          </div>
        ),
      )}
    </div>
  )
}
