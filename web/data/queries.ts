import { keepPreviousData, QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { activeAccounts } from '#contract/active-accounts.ts'
import type { DimensionName } from '#contract/common.ts'
import { coverage } from '#contract/coverage.ts'
import type { ResponseOf } from '#contract/endpoint.ts'
import { health } from '#contract/health.ts'
import { people } from '#contract/people.ts'
import { listPosts } from '#contract/posts.ts'
import { summary } from '#contract/summary.ts'
import { timeseries } from '#contract/timeseries.ts'
import { top } from '#contract/top.ts'
import { ask, RequestError } from './api.ts'
import { learnReplayTime, learnServerTime, rangeNowMs } from './clock.ts'
import type { ActiveFilters } from './filters.ts'
import {
  comparableWindowOf,
  presetSince,
  type Range,
  refreshMs,
  type Window,
  windowOf,
} from './range.ts'

/** What every tile of the page is asked about. */
export interface Question {
  readonly range: Range
  readonly zone: string
  readonly filters: ActiveFilters
}

export interface SeriesChoice {
  readonly dimension: DimensionName
  readonly key?: string
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The server is usually on this very machine: whether the browser has a network says nothing.
        networkMode: 'always',
        staleTime: 2000,
        placeholderData: keepPreviousData,
        refetchOnWindowFocus: true,
        retry: (failures, error) =>
          failures < 1 && !(error instanceof RequestError && error.kind === 'refused'),
        retryDelay: 800,
      },
    },
  })
}

function period({ zone, filters }: Question, { fromMs, toMs }: Window) {
  return { from: iso(fromMs), to: iso(toMs), tz: zone, ...filters }
}

function running(question: Question) {
  return period(question, windowOf(question.range, rangeNowMs()))
}

function comparable(question: Question) {
  return period(question, comparableWindowOf(question.range, rangeNowMs()))
}

export function useSummary(question: Question | null, live: boolean) {
  return useQuestion(question, live, ['summary'], (asked, signal) =>
    ask(summary, comparable(asked), signal),
  )
}

export function useSeries(question: Question | null, choice: SeriesChoice | null, live: boolean) {
  return useQuestion(choice && question, live, ['series', choice], (asked, signal) =>
    ask(
      timeseries,
      {
        ...running(asked),
        dimension: choice?.dimension,
        ...(choice?.key === undefined ? {} : { key: choice.key }),
      },
      signal,
    ),
  )
}

export function useActivity(question: Question | null, live: boolean) {
  return useQuestion(question, live, ['activity'], (asked, signal) =>
    ask(activeAccounts, running(asked), signal),
  )
}

export function useTop(
  question: Question | null,
  dimension: DimensionName,
  limit: number,
  live: boolean,
) {
  return useQuestion(question, live, ['top', dimension, limit], (asked, signal) =>
    ask(top, { ...comparable(asked), dimension, limit }, signal),
  )
}

/** People of the days of the range, and of at least the last 30: a week or a month is not seen in less. */
export function usePeople(question: Question | null, live: boolean) {
  return useSlow(question, live, ['people'], (asked, signal) => {
    const { fromMs, toMs } = windowOf(asked.range, rangeNowMs())
    const from = Math.min(fromMs, toMs - 29 * dayMs)
    return ask(people, { from: iso(from), to: iso(toMs) }, signal)
  })
}

/** What was received in the last week, and what was not. */
export function useCoverage(live: boolean) {
  return useQuery({
    queryKey: ['coverage'],
    queryFn: ({ signal }) => {
      const toMs = rangeNowMs()
      return ask(coverage, { from: iso(toMs - 7 * dayMs), to: iso(toMs) }, signal)
    },
    refetchInterval: live && gapsMs,
    refetchOnWindowFocus: false,
  })
}

/** Events by hour of the week, over the last four weeks. */
export function useWeekHours(live: boolean) {
  return useQuery({
    queryKey: ['week-hours'],
    queryFn: ({ signal }) => {
      const toMs = rangeNowMs()
      const query = { dimension: 'hour-of-week', limit: 168 } as const
      return ask(top, { ...query, from: iso(toMs - 27 * dayMs), to: iso(toMs) }, signal)
    },
    refetchInterval: live && slowMs,
    refetchOnWindowFocus: false,
  })
}

/** The newest posts of the range, once: after that the live stream brings them. */
export function useNewestPosts(question: Question | null) {
  return useQuestion(question, false, ['posts'], (asked, signal) => {
    const { fromMs, toMs } = windowOf(asked.range, rangeNowMs())
    // A range that ends now has no end here: the newest post is wanted, not the newest of a few seconds ago.
    const to = asked.range.kind === 'absolute' ? { to: iso(toMs) } : {}
    return ask(listPosts, { ...asked.filters, from: iso(fromMs), ...to, limit: 25 }, signal)
  })
}

/** Which of some posts are still there, and what points at them now. Asked again and again while the page is looked at. */
export async function findStillThere(ids: readonly string[], signal: AbortSignal) {
  const { posts } = await ask(listPosts, { id: [...ids], limit: 100 }, signal)
  return posts
}

export function useHealth(): UseQueryResult<ResponseOf<typeof health>> {
  return useQuery({
    queryKey: ['health'],
    queryFn: async ({ signal }) => {
      const answer = await ask(health, {}, signal, [503])
      learnServerTime(answer.now)
      learnReplayTime(answer.source === 'file' ? answer.asOf : null)
      return answer
    },
    refetchInterval: (query) => (query.state.data?.asOf ? 5000 : 1500),
    retry: false,
  })
}

/**
 * The range of a page that was opened without one: the last 24 hours, or a shorter one where we have not been listening for that long.
 * Null until it is known.
 */
export function useRange(chosen: Range | null): Range | null {
  const { data, isError } = useQuery({
    queryKey: ['standard-range'],
    queryFn: async ({ signal }) => {
      const asked: Question = { range: day, zone: 'UTC', filters: {} }
      const [state, recent] = await Promise.all([
        ask(health, {}, signal, [503]),
        ask(summary, running(asked), signal),
      ])
      // A recording has a time of its own, which is not known before this answer.
      learnReplayTime(state.source === 'file' ? state.asOf : null)
      const answer = state.source === 'file' ? await ask(summary, running(asked), signal) : recent
      return { range: rangeOfRecord(answer, rangeNowMs()), settled: answer.asOf !== null }
    },
    enabled: chosen === null,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchInterval: (query) => (query.state.data?.settled ? false : 3000),
    retry: false,
  })
  return chosen ?? data?.range ?? (isError ? day : null)
}

const day: Range = { kind: 'relative', seconds: 86_400 }

/** A day, or the shortest preset that shows all that was received, if that is less than a quarter of the day. */
function rangeOfRecord(answer: ResponseOf<typeof summary>, nowMs: number): Range {
  if (answer.asOf === null) return { kind: 'relative', seconds: 900 }
  const fromMs = Date.parse(answer.from)
  const unheard = answer.coverage.gaps.find((gap) => Date.parse(gap.from) <= fromMs + 60_000)
  if (!unheard) return day
  const sinceMs = Date.parse(unheard.to)
  return nowMs - sinceMs < 21_600_000 ? presetSince(sinceMs, nowMs) : day
}

const dayMs = 86_400_000
/** What changes by the day need not be asked for more often. */
const slowMs = 60_000
const gapsMs = 15_000

/** As `useQuestion`, for what changes slowly and does not depend on the filters. */
function useSlow<Answer>(
  question: Question | null,
  live: boolean,
  key: readonly unknown[],
  answer: (question: Question, signal: AbortSignal) => Promise<Answer>,
): UseQueryResult<Answer> {
  return useQuery({
    queryKey: [...key, question?.range],
    queryFn: ({ signal }) => {
      // `enabled` below keeps this from running without a question.
      if (!question) throw new RequestError('failed', 'Nothing was asked.')
      return answer(question, signal)
    },
    enabled: question !== null,
    refetchInterval: live && slowMs,
    refetchOnWindowFocus: false,
  })
}

function useQuestion<Answer>(
  question: Question | null,
  live: boolean,
  key: readonly unknown[],
  answer: (question: Question, signal: AbortSignal) => Promise<Answer>,
): UseQueryResult<Answer> {
  return useQuery({
    queryKey: [...key, question],
    queryFn: ({ signal }) => {
      // `enabled` below keeps this from running without a question.
      if (!question) throw new RequestError('failed', 'Nothing was asked.')
      return answer(question, signal)
    },
    enabled: question !== null,
    refetchInterval: (live && question && refreshMs(question.range)) || false,
    // A question about a closed range is answered once.
    refetchOnWindowFocus: live,
  })
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
