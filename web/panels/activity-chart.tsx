import { useMemo } from 'react'
import { type DescribeOptions, describeShape } from '../charts/describe.ts'
import { ChartFrame } from '../charts/frame.tsx'
import { seriesCsv } from '../charts/series-table.tsx'
import { accountsKey, activityShape } from '../data/activity-series.ts'
import { activityNote, per } from '../data/chart-choice.ts'
import { rangeNowMs } from '../data/clock.ts'
import { hasFilters } from '../data/filters.ts'
import { formatCount, formatTick } from '../data/format.ts'
import { usePage } from '../data/page.ts'
import { useActivity } from '../data/queries.ts'
import { ChartBody, isEmpty } from './chart-body.tsx'
import { ChartFooter } from './chart-footer.tsx'

/** Different accounts by hour or day: each bucket counts its own, so they are no parts of the headline number. */
export function ActivityChart() {
  const { view, change, question, live, zone } = usePage()
  const query = useActivity(question, live)
  const answer = query.data
  const shape = useMemo(() => answer && activityShape(answer, rangeNowMs()), [answer])
  const estimated = answer?.estimated ?? false
  const what = hasFilters(view.filters) ? 'Authors of matching posts' : 'Active accounts'
  const title = `${what} ${per(answer?.interval ?? null)}`.trim()
  const describe = useMemo(
    (): DescribeOptions => ({
      title,
      zone,
      looks: [{ key: accountsKey, label: 'Accounts', color: 'var(--series-1)' }],
      stacked: true,
      format: (accounts) => (estimated ? '≈ ' : '') + formatCount(accounts),
    }),
    [title, zone, estimated],
  )
  const drawn = shape && !isEmpty(shape)
  const note = answer && question && activityNote(answer.interval, question.range)
  return (
    <ChartFrame
      title={title}
      caption={
        <>
          {drawn && `${describeShape(shape, describe)} `}
          {note && <span className="text-faint">{note}.</span>}
        </>
      }
      table={view.table}
      onTable={(table) => change({ table })}
      {...(drawn ? { csv: () => seriesCsv(shape, describe) } : {})}
      dimmed={query.isPlaceholderData}
      footer={
        answer && (
          <ChartFooter
            answer={answer}
            estimate={estimated ? 'estimated within about 2%' : undefined}
            error={query.error}
            onRetry={() => void query.refetch()}
          />
        )
      }
    >
      <ChartBody
        shape={shape ?? null}
        describe={describe}
        error={query.error}
        onRetry={() => void query.refetch()}
        wholeNumbers
        formatTick={formatTick}
      />
    </ChartFrame>
  )
}
