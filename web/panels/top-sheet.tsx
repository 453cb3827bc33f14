import { useState } from 'react'
import { formatCount } from '../data/format.ts'
import { keyLabel } from '../data/labels.ts'
import { usePage } from '../data/page.ts'
import { useTop } from '../data/queries.ts'
import { Sheet } from '../ui/sheet.tsx'
import { Empty, Failure, Skeleton } from '../ui/tile-state.tsx'
import { phone, useMedia } from '../ui/use-media.ts'
import { TopRows, type TopTableProps } from './top-rows.tsx'

interface TopSheetProps extends TopTableProps {
  readonly open: boolean
  readonly onClose: () => void
}

const most = 100

/** The hundred largest keys, to be searched. */
export function TopSheet({ open, onClose, ...props }: TopSheetProps) {
  const small = useMedia(phone)
  return (
    <Sheet open={open} onClose={onClose} title={props.title} side={small ? 'bottom' : 'right'}>
      <SheetRows {...props} onChoose={onClose} />
    </Sheet>
  )
}

function SheetRows({ onChoose, ...props }: TopTableProps & { onChoose: () => void }) {
  const { question } = usePage()
  const [search, setSearch] = useState('')
  const query = useTop(question, props.dimension, most, false)
  const wanted = search.trim().toLowerCase()
  const found = query.data?.items.filter(({ key }) =>
    `${key} ${keyLabel(props.dimension, key)}`.toLowerCase().includes(wanted),
  )
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />
  if (!found) return <Skeleton className="h-[60vh] w-full" />
  return (
    <div className="-mx-4 @container flex flex-col gap-2">
      <div className="px-4">
        <input
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder={`Search the ${formatCount(query.data?.items.length)} largest of ${formatCount(query.data?.keys)}`}
          aria-label={`Search ${props.title.toLowerCase()}`}
          className="control w-full"
        />
      </div>
      {found.length === 0 ? (
        <Empty>
          <p>None of the {most} largest is named like that.</p>
        </Empty>
      ) : (
        <TopRows
          {...props}
          items={found}
          estimated={query.data?.authorsOver?.estimated ?? false}
          onChoose={onChoose}
        />
      )}
    </div>
  )
}
