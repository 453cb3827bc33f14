import ChartLine from 'lucide-react/icons/chart-line'
import Download from 'lucide-react/icons/download'
import Table2 from 'lucide-react/icons/table-2'
import type { ReactNode } from 'react'

interface FrameProps {
  readonly title: string
  /** The chart in one sentence. */
  readonly caption: ReactNode
  /** Beside the title: what else can be chosen. */
  readonly choices?: ReactNode
  readonly table: boolean
  readonly onTable: (table: boolean) => void
  /** Text of a CSV file, asked for when it is wanted. Absent while there are no numbers. */
  readonly csv?: () => string
  readonly legend?: ReactNode
  readonly footer: ReactNode
  readonly dimmed: boolean
  readonly children: ReactNode
}

/** What every chart has around it: title, caption, table twin, legend, and a footer that says how far it can be trusted. */
export function ChartFrame(props: FrameProps) {
  const { title, table } = props
  return (
    <figure className="m-0">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2 px-4 pt-3.5 max-sm:pr-1">
        <figcaption className="min-w-0 flex-1 basis-[160px]">
          <h2 className="font-semibold text-[14px] tracking-tight">{title}</h2>
          <p className="min-h-[18px] text-muted text-xs">{props.caption}</p>
        </figcaption>
        {props.choices && <div className="max-sm:order-last max-sm:w-full">{props.choices}</div>}
        <div className="flex items-center gap-1">
          <button
            type="button"
            className="touch grid size-7 place-items-center rounded-md text-muted hover:bg-sunken hover:text-ink"
            aria-pressed={table}
            aria-label={table ? 'Show as a chart' : 'Show as a table'}
            title={table ? 'Chart' : 'Table'}
            onClick={() => props.onTable(!table)}
          >
            {table ? <ChartLine size={15} aria-hidden /> : <Table2 size={15} aria-hidden />}
          </button>
          <button
            type="button"
            className="touch grid size-7 place-items-center rounded-md text-muted enabled:hover:bg-sunken enabled:hover:text-ink disabled:opacity-40"
            aria-label="Download as CSV"
            title="CSV"
            disabled={!props.csv}
            onClick={() => props.csv && download(`${title}.csv`, props.csv())}
          >
            <Download size={15} aria-hidden />
          </button>
        </div>
      </div>
      <div
        className={`mt-2 h-[220px] sm:h-[320px] ${props.dimmed ? 'opacity-50' : ''}`}
        aria-busy={props.dimmed}
      >
        {props.children}
      </div>
      {props.legend && <div className="min-h-7 pt-0.5">{props.legend}</div>}
      <div className="flex min-h-[34px] flex-wrap items-center gap-x-3.5 gap-y-0.5 px-4 pt-1 pb-2.5 text-faint text-xs">
        {props.footer}
      </div>
    </figure>
  )
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
    .replaceAll(/[^\w. -]+/g, '')
    .replaceAll(' ', '-')
    .toLowerCase()
  link.click()
  // The click has started the download; the text need not stay in memory after it.
  setTimeout(() => URL.revokeObjectURL(url), 0)
}
