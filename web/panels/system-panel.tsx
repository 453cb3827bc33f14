import { serverNowMs } from '../data/clock.ts'
import { formatCount, formatCoverage } from '../data/format.ts'
import { type GapState, type ListedGap, listGaps } from '../data/gap-list.ts'
import { usePage } from '../data/page.ts'
import { useCoverage } from '../data/queries.ts'
import { Empty, Failure, Skeleton, StaleMark } from '../ui/tile-state.tsx'

/** As many as are of use; the command `gaps` lists them all. */
const most = 12

/** What was not received in the last week, and what becomes of it. */
export function SystemPanel() {
  const { live, zone } = usePage()
  const query = useCoverage(live)
  const { data } = query
  const gaps = data ? listGaps(data.gaps, { zone, nowMs: serverNowMs() }) : []
  const retry = () => void query.refetch()
  return (
    <section aria-label="Gaps" className="panel">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 pt-3 pb-2.5">
        <h2 className="font-semibold text-[14px] tracking-tight">What was not received</h2>
        <span className="text-muted text-xs">
          {data
            ? `${formatCoverage(data.ratio)} of the last 7 days was received`
            : 'in the last 7 days'}
        </span>
        {query.isError && data && <StaleMark error={query.error} onRetry={retry} />}
      </div>
      {query.isError && !data ? (
        <Failure className="min-h-24 border-line border-t" error={query.error} onRetry={retry} />
      ) : !data ? (
        <div className="border-line border-t p-4" aria-hidden>
          <Skeleton className="h-16 w-full" />
        </div>
      ) : gaps.length === 0 ? (
        <Empty className="min-h-24 border-line border-t">
          <p>
            {data.asOf === null
              ? 'Nothing was received yet.'
              : 'No gap in what was listened to. Where coverage is below 100%, nobody was listening.'}
          </p>
        </Empty>
      ) : (
        <GapTable gaps={gaps.slice(0, most)} zone={zone} />
      )}
      {(gaps.length > most || data?.more) && (
        <p className="px-4 py-2 text-faint text-xs">
          {formatCount(gaps.length)}
          {data?.more && ' or more'} in all; the command gaps lists them.
        </p>
      )}
    </section>
  )
}

const tones: Readonly<Record<GapState, string>> = {
  'going on': 'text-bad',
  open: 'text-warn',
  filled: 'text-good',
}

function GapTable({ gaps, zone }: { gaps: readonly ListedGap[]; zone: string }) {
  return (
    <table className="w-full border-collapse text-left max-sm:block">
      <caption className="sr-only">Gaps of the last 7 days</caption>
      <thead className="text-2xs text-faint max-sm:sr-only">
        <tr>
          {[`When (${zone})`, 'Length', 'Why', 'Source', 'State'].map((head) => (
            <th key={head} scope="col" className="h-7 px-4 font-medium">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="max-sm:block">
        {gaps.map((gap) => (
          <tr
            key={gap.id}
            className="border-line border-t align-baseline *:px-4 *:py-1.5 max-sm:grid max-sm:grid-cols-[1fr_auto] max-sm:py-1.5 max-sm:*:py-0.5"
          >
            <td className="whitespace-nowrap">{gap.when}</td>
            <td className="whitespace-nowrap">{gap.length}</td>
            <td className="stranger text-muted first-letter:uppercase max-sm:col-span-2">
              {gap.why}
            </td>
            <td className="stranger text-muted max-sm:hidden">{gap.source}</td>
            <td className="max-sm:col-span-2">
              <span className={`font-medium first-letter:uppercase ${tones[gap.state]}`}>
                {gap.state}
              </span>
              <span className="text-muted">: {gap.outcome}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
