import { useMemo } from 'react'
import { type DescribeOptions, describeShape, type SeriesLook } from '../charts/describe.ts'
import { ChartFrame } from '../charts/frame.tsx'
import { Legend } from '../charts/legend.tsx'
import { seriesCsv } from '../charts/series-table.tsx'
import { type ChartChoice, chartChoice, measureFormats } from '../data/chart-choice.ts'
import { rangeNowMs } from '../data/clock.ts'
import { colorsOf } from '../data/colors.ts'
import { formatPercent, formatTick } from '../data/format.ts'
import { keyLabel, postCollection } from '../data/labels.ts'
import { usePage } from '../data/page.ts'
import { useSeries } from '../data/queries.ts'
import { asShares, onlyKey, perSecond, restKey, type Shape, shapeSeries } from '../data/series.ts'
import { shownMetric } from '../data/view.ts'
import { Segmented } from '../ui/segmented.tsx'
import { ActivityChart } from './activity-chart.tsx'
import { ChartBody, isEmpty } from './chart-body.tsx'
import { ChartFooter } from './chart-footer.tsx'
import { LagChart } from './lag-chart.tsx'

/** The chart of the metric that is chosen above it. */
export function MainChart() {
  const { view } = usePage()
  const metric = shownMetric(view)
  return (
    <section aria-label="Over time" className="panel rounded-t-none border-t-0">
      {metric === 'lag' ? (
        <LagChart />
      ) : metric === 'accounts' ? (
        <ActivityChart />
      ) : (
        <CountsChart choice={chartChoice(metric, view.by)} />
      )}
    </section>
  )
}

function CountsChart({ choice }: { choice: ChartChoice }) {
  const { view, change, question, live, zone } = usePage()
  const { dimension } = choice.series
  const query = useSeries(question, choice.series, live)
  const whole = useSeries(
    choice.measure === 'share' ? question : null,
    { dimension: 'collection', key: postCollection },
    live,
  )
  const answer = query.data
  const wholeAnswer = whole.data
  const full = useMemo(() => {
    if (!answer) return null
    // Where one key was asked for, the rest is not part of the question.
    const asked = choice.series.key === undefined ? answer : { ...answer, rest: null }
    const shape = shapeSeries(asked, rangeNowMs())
    if (choice.measure === 'rate') return perSecond(shape)
    if (choice.measure === 'count') return shape
    if (!wholeAnswer) return null
    return asShares(shape, shapeSeries({ ...wholeAnswer, rest: null }, rangeNowMs()))
  }, [answer, wholeAnswer, choice])

  const allLooks = useMemo(
    () => (full && answer ? looksOf(answer.dimension, full) : []),
    [full, answer],
  )
  const only = view.only !== null && full?.keys.includes(view.only) ? view.only : null
  const shape = useMemo(() => (full && only !== null ? onlyKey(full, only) : full), [full, only])
  const looks = useMemo(
    () => (only === null ? allLooks : allLooks.filter((look) => look.key === only)),
    [allLooks, only],
  )
  const title = choice.title(answer?.interval ?? null)
  const describe = useMemo(
    (): DescribeOptions => ({
      title,
      zone,
      looks,
      stacked: (shape?.exclusive ?? true) && choice.measure !== 'share',
      format: measureFormats[choice.measure],
    }),
    [title, zone, looks, shape, choice.measure],
  )
  const empty = shape && isEmpty(shape)

  return (
    <ChartFrame
      title={title}
      caption={
        shape && !empty ? (
          <>
            {describeShape(shape, describe)}
            {choice.note && <span className="text-faint"> {choice.note}.</span>}
          </>
        ) : (
          choice.note && `${choice.note}.`
        )
      }
      choices={
        shownMetric(view) === 'posts' && (
          <Segmented
            label="Posts by"
            value={view.by}
            options={[
              { value: 'total', label: 'Total' },
              { value: 'language', label: 'Language' },
            ]}
            onChange={(by) => change({ by, metric: 'posts', only: null })}
          />
        )
      }
      table={view.table}
      onTable={(table) => change({ table })}
      {...(shape && !empty ? { csv: () => seriesCsv(shape, describe) } : {})}
      dimmed={query.isPlaceholderData}
      legend={
        allLooks.length > 1 && !empty ? (
          <Legend
            looks={allLooks}
            only={only}
            onSelect={(key) => change({ only: only === key ? null : key })}
            hint={only === null ? 'Show alone' : 'Show all, or another alone'}
          />
        ) : (
          // Keeps the place of the legend while it is not known.
          choice.series.key === undefined && <span />
        )
      }
      footer={
        answer && (
          <ChartFooter
            answer={answer}
            error={query.data ? query.error : null}
            onRetry={() => void query.refetch()}
          />
        )
      }
    >
      <ChartBody
        key={dimension}
        shape={shape}
        describe={describe}
        error={query.error ?? whole.error}
        onRetry={() => {
          void query.refetch()
          if (whole.isError) void whole.refetch()
        }}
        wholeNumbers={choice.measure === 'count'}
        formatTick={choice.measure === 'share' ? formatPercent : formatTick}
      />
    </ChartFrame>
  )
}

function looksOf(dimension: Parameters<typeof keyLabel>[0], shape: Shape): SeriesLook[] {
  const named = shape.keys.filter((key) => key !== restKey)
  const single = shape.keys.length === 1
  const colors = colorsOf(dimension, named)
  return shape.keys.map((key) => ({
    key,
    label: key === restKey ? 'Other' : keyLabel(dimension, key),
    color:
      single && dimension !== 'language'
        ? 'var(--series-1)'
        : `var(--series-${colors.get(key) ?? 6})`,
  }))
}
