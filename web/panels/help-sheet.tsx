import { Sheet } from '../ui/sheet.tsx'
import { phone, useMedia } from '../ui/use-media.ts'

const keys = [
  ['/', 'Add a filter'],
  ['t', 'Range'],
  ['z', 'Time zone'],
  ['l or space', 'Live or pause'],
  ['?', 'This help'],
  ['Esc', 'Close, or leave a field'],
] as const

const chartKeys = [
  ['← →', 'Step through the buckets'],
  ['Shift ← →, Enter', 'Select a stretch, zoom into it'],
  ['−', 'Zoom out'],
  ['drag', 'Zoom in'],
  ['double click', 'Zoom out'],
] as const

const filters = [
  ['lang:pt', 'Language declared by the author; lang:und for none'],
  ['#eclipse', 'Hashtag'],
  ['domain:example.org', 'Linked domain'],
  ['from:ana.example', 'Author, by handle or DID'],
] as const

/** Keys, gestures and filters on one sheet. */
export function HelpSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const small = useMedia(phone)
  return (
    <Sheet open={open} onClose={onClose} title="Help" side={small ? 'bottom' : 'center'}>
      <div className="flex flex-col gap-5">
        <Group title="Keys" rows={keys} />
        <Group title="In the chart" rows={chartKeys} />
        <Group title="Filters, one of each kind, all hold together" rows={filters} />
        <p className="text-muted">
          The address of the page restores what you see: copy it to share it. Back undoes a change.
        </p>
      </div>
    </Sheet>
  )
}

function Group({ title, rows }: { title: string; rows: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h3 className="mb-1.5 font-medium text-muted text-xs">{title}</h3>
      <dl className="grid grid-cols-[minmax(120px,auto)_1fr] gap-x-4 gap-y-1.5">
        {rows.map(([key, meaning]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="rounded-sm border border-line bg-sunken px-1.5 py-0.5 font-mono text-2xs">
                {key}
              </kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
