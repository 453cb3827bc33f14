import { useEffect, useMemo, useRef, useState } from 'react'
import { hasFilters, withFilter } from '../data/filters.ts'
import { formatCompact, formatDuration, formatRate } from '../data/format.ts'
import { LiveContext, useLiveConnection, useLiveState } from '../data/live.ts'
import { createLiveStream } from '../data/live-stream.ts'
import { type Page, PageContext, usePage } from '../data/page.ts'
import { type Question, useHealth, useRange, useSummary } from '../data/queries.ts'
import { shownMetric } from '../data/view.ts'
import { useView } from '../data/view-state.ts'
import { browserZone } from '../data/zone.ts'
import { FilterBar } from '../panels/filter-bar.tsx'
import { FirstRun } from '../panels/first-run.tsx'
import { HelpSheet } from '../panels/help-sheet.tsx'
import { KpiStrip } from '../panels/kpi-strip.tsx'
import { MainChart } from '../panels/main-chart.tsx'
import { NewestPosts } from '../panels/newest-posts.tsx'
import { Notices } from '../panels/notices.tsx'
import { PeoplePanel } from '../panels/people-panel.tsx'
import { SystemPanel } from '../panels/system-panel.tsx'
import { type Opened, TopBar } from '../panels/top-bar.tsx'
import type { TopTableProps } from '../panels/top-rows.tsx'
import { TopTable } from '../panels/top-table.tsx'
import { WeekPanel } from '../panels/week-panel.tsx'
import { useShortcuts } from '../ui/use-shortcuts.ts'

const posts = { unit: 'Posts' } as const
const cards: readonly (readonly [TopTableProps, ...TopTableProps[]])[] = [
  [
    { dimension: 'language', tab: 'Languages', title: 'Top languages', noun: 'language', ...posts },
    { dimension: 'client', tab: 'Clients', title: 'Top clients', noun: 'client', ...posts },
  ],
  [
    { dimension: 'tag', tab: 'Hashtags', title: 'Top hashtags', noun: 'tag', ...posts },
    { dimension: 'emoji', tab: 'Emoji', title: 'Top emoji', noun: 'emoji', ...posts },
  ],
  [
    { dimension: 'domain', tab: 'Domains', title: 'Top domains', noun: 'domain', ...posts },
    { dimension: 'mention', tab: 'Mentions', title: 'Top mentions', noun: 'account', ...posts },
  ],
  [
    {
      ...{ dimension: 'collection', tab: 'Records', title: 'Collections' },
      ...{ noun: 'collection', unit: 'Events' },
    },
    { dimension: 'kind', tab: 'Kind', title: 'Kinds of post', noun: 'kind', ...posts },
    { dimension: 'media', tab: 'Media', title: 'Media', noun: 'attachment', ...posts },
    { dimension: 'alt', tab: 'Alt', title: 'Alt texts', noun: 'post with media', ...posts },
  ],
]

/** One calm page: the answer, its shape, what it is made of, and the posts themselves. */
export function Overview() {
  const [stream] = useState(createLiveStream)
  return (
    <LiveContext value={stream}>
      <Tiles stream={stream} />
    </LiveContext>
  )
}

function Tiles({ stream }: { stream: ReturnType<typeof createLiveStream> }) {
  const { view, change } = useView()
  const [paused, setPaused] = useState(false)
  const [opened, setOpened] = useState<Opened>(null)
  const filterInput = useRef<HTMLInputElement>(null)
  const health = useHealth()
  const range = useRange(view.range)
  const zone = view.zone ?? browserZone()
  useLiveConnection(stream, view.filters)

  const question = useMemo(
    (): Question | null => range && { range, zone, filters: view.filters },
    [range, zone, view.filters],
  )
  const live = !paused && range?.kind === 'relative'
  const synthetic = health.data?.synthetic ?? false
  const page = useMemo(
    (): Page => ({
      view,
      change,
      question,
      zone,
      live,
      synthetic,
      toggleFilter: (name, value) =>
        change({
          filters: withFilter(view.filters, name, view.filters[name] === value ? undefined : value),
        }),
    }),
    [view, change, question, zone, live, synthetic],
  )
  const shortcuts = useMemo(() => {
    const follow = () => {
      if (range?.kind === 'absolute') change({ range: null })
      setPaused((current) => range?.kind !== 'absolute' && !current)
    }
    return {
      '/': () => filterInput.current?.focus(),
      t: () => setOpened('range'),
      z: () => setOpened('zone'),
      l: follow,
      ' ': follow,
      '?': () => setOpened('help'),
    }
  }, [range, change])
  useShortcuts(shortcuts)
  const starting = health.data !== undefined && health.data.asOf === null

  return (
    <PageContext value={page}>
      <a
        href="#main"
        className="-translate-y-16 fixed top-2 left-2 z-40 rounded-lg bg-accent px-3 py-2 text-on-accent focus:translate-y-0"
      >
        Skip to the numbers
      </a>
      <TopBar opened={opened} onOpen={setOpened} paused={paused} onPause={setPaused} />
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto flex max-w-[1360px] flex-col gap-3.5 px-6 pt-3.5 pb-10 outline-none max-sm:px-3.5"
      >
        <h1 className="sr-only">Overview</h1>
        <Notices />
        {starting ? (
          <FirstRun />
        ) : (
          <>
            <div className="flex flex-wrap items-center gap-x-3 gap-y-2 *:first:flex-1">
              <FilterBar input={filterInput} />
              {synthetic && <SyntheticLabel />}
            </div>
            <div>
              <KpiStrip />
              <MainChart />
            </div>
            <div className="grid gap-3.5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1.15fr)]">
              <div className="grid gap-3.5 sm:grid-cols-2">
                {cards.map((tops) => (
                  <TopTable key={tops[0].dimension} tops={tops} />
                ))}
              </div>
              <NewestPosts />
            </div>
            <div className="grid gap-3.5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1.15fr)]">
              <PeoplePanel />
              <WeekPanel />
            </div>
            <SystemPanel />
          </>
        )}
      </main>
      <HelpSheet open={opened === 'help'} onClose={() => setOpened(null)} />
      <Title />
    </PageContext>
  )
}

function SyntheticLabel() {
  return (
    <p className="flex min-h-[38px] items-center rounded-lg border border-warn/40 bg-warn-soft px-3 text-warn max-sm:w-full">
      Synthetic data: invented people and posts
    </p>
  )
}

/** The number of the moment in the title of the tab. */
function Title() {
  const { view, question, live } = usePage()
  const { data } = useSummary(question, live)
  const { counters, status } = useLiveState()
  const metric = shownMetric(view)
  const events =
    live && counters && status === 'open' && !hasFilters(view.filters)
      ? counters.eventsPerSecond
      : data?.eventsPerSecond.value
  const lag = counters?.lagMs
  const words = {
    events: `${formatRate(events)} events/s`,
    posts: `${formatCompact(data?.posts.value)} posts`,
    accounts: `${formatCompact(data?.activeAccounts.value)} active accounts`,
    languages: `${formatCompact(data?.languages.value)} languages`,
    lag: lag === null || lag === undefined ? 'lag unknown' : `${formatDuration(lag)} lag`,
  }[metric]
  const title = data ? `${words} · Bluesky Analytics` : 'Bluesky Analytics'
  useEffect(() => {
    document.title = title
  }, [title])
  return null
}
