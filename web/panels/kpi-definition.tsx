import Info from 'lucide-react/icons/info'
import { Popover } from 'radix-ui'
import { definitions } from '../data/definitions.ts'
import { usePage } from '../data/page.ts'
import { useSummary } from '../data/queries.ts'
import type { Metric } from '../data/view.ts'
import { clock } from '../data/zone.ts'

/** What a headline number counts, one click away. */
export function KpiDefinition({ metric }: { metric: Metric }) {
  const { label, text } = definitions[metric]
  const { question, live, zone } = usePage()
  const { data } = useSummary(question, live)
  const hours = data?.activeAccounts
  return (
    <Popover.Root>
      <Popover.Trigger
        aria-label={`What ${label} means`}
        className="absolute top-1.5 right-1.5 grid size-7 place-items-center rounded-md text-faint hover:bg-sunken hover:text-ink max-sm:top-0 max-sm:right-0 max-sm:size-11"
      >
        <Info size={13} aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          sideOffset={4}
          collisionPadding={12}
          aria-label={label}
          className="z-30 w-[300px] max-w-[calc(100vw-24px)] rounded-lg border border-control/60 bg-surface p-3 text-sm outline-none"
        >
          <p className="font-medium">{label}</p>
          <p className="mt-1 text-muted">{text}</p>
          {metric === 'accounts' && hours?.from && hours.to && (
            <p className="mt-1.5 text-muted">
              Here: {clock(Date.parse(hours.from), zone)} to {clock(Date.parse(hours.to), zone)}
              {hours.estimated ? ', estimated from a fair sample (within about 1%)' : ''}.
            </p>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
