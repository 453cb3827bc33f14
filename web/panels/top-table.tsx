import { useState } from 'react'
import { formatCount } from '../data/format.ts'
import { usePage } from '../data/page.ts'
import { useTop } from '../data/queries.ts'
import { Empty, Failure, Skeleton, StaleMark } from '../ui/tile-state.tsx'
import { NothingInRange } from './nothing-in-range.tsx'
import { TopRows, type TopTableProps } from './top-rows.tsx'
import { TopSheet } from './top-sheet.tsx'

const rows = 10
// Header and ten rows: the height that the tile keeps in all of its states.
const bodyHeight = 'min-h-[372px] max-sm:min-h-[472px]'

/** The largest keys of a dimension; a row filters everything. */
export function TopTable(props: TopTableProps) {
  const { dimension, title, noun } = props
  const { question, live } = usePage()
  const [open, setOpen] = useState(false)
  const query = useTop(question, dimension, rows, live)
  const { data } = query
  return (
    <section aria-label={title} className="panel flex flex-col">
      <div className="flex items-baseline justify-between gap-3 px-4 pt-3 pb-1.5">
        <h2 className="font-semibold text-[14px] tracking-tight">{title}</h2>
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
          <TopRows {...props} items={data.items} />
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
