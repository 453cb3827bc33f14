import { post } from '../collections/post.ts'
import type { Provenance } from '../contract/common.ts'
import type { QueryOf, ResponseOf } from '../contract/endpoint.ts'
import { summary } from '../contract/summary.ts'
import { sql } from '../db/sql.ts'
import { undetermined } from '../event/language.ts'
import { activityHours, countActiveAccounts } from './active-accounts.ts'
import { countedRows } from './counted.ts'
import {
  type Covered,
  coverageOf,
  enoughCoverage,
  type Listening,
  provenance,
  readListening,
} from './coverage.ts'
import { countedKey, readSelection, type Selection } from './filters.ts'
import {
  keptFrom,
  matchedPosts,
  maxScanned,
  nothingScanned,
  type Scan,
  scannedFrom,
} from './matched.ts'
import { previousRange, type Range, readRange, readZone } from './period.ts'
import { defineQuestion, type ReadContext } from './question.ts'
import { grainMs } from './slices.ts'
import { sumCounts } from './sums.ts'

/** What was measured in one window; null where it cannot be told. */
interface Measured {
  readonly events: number | null
  readonly posts: number | null
  readonly accounts: number | null
  readonly languages: number | null
  readonly hours: Range | null
  readonly estimated: boolean
  readonly counted: Provenance['counted']
}

type Answer = ResponseOf<typeof summary>

const unknown: Measured = {
  events: null,
  posts: null,
  accounts: null,
  languages: null,
  hours: null,
  estimated: false,
  counted: 'counts',
}
const livePosts = [`${post.nsid}/create`, `${post.nsid}/update`]

export const summaryQuestion = defineQuestion(summary, async (query, context) => {
  readZone(query.tz)
  return summarise(query, context)
})

async function summarise(query: QueryOf<typeof summary>, context: ReadContext): Promise<Answer> {
  const range = readRange(query, context.nowMs)
  const selection = await readSelection(query, context)
  const listening = await readListening(
    { fromMs: 2 * range.fromMs - range.toMs, toMs: range.toMs },
    context,
  )
  const asOfMs = (listening.asOfUs ?? 0) / 1000
  const before = previousRange(range, asOfMs)
  const covered = coverageOf(listening, range)
  const coveredBefore = coverageOf(listening, before)
  const [now, then] = await Promise.all([
    covered.receivedMs > 0 ? measure(range, selection, context) : unknown,
    coveredBefore.ratio >= enoughCoverage ? measure(before, selection, context) : unknown,
  ])
  return {
    ...provenance(listening, range, now.counted, covered),
    events: { value: now.events, previous: then.events },
    eventsPerSecond: {
      value: perSecond(now.events, covered),
      previous: perSecond(then.events, coveredBefore),
    },
    posts: { value: now.posts, previous: then.posts },
    activeAccounts: accountsOf(now, then, listening),
    languages: { value: now.languages, previous: then.languages },
    lagMs: listening.asOfUs === null ? null : Math.max(0, context.nowMs - asOfMs),
  }
}

function measure(
  range: Range,
  selection: Selection | null,
  context: ReadContext,
): Promise<Measured> {
  return selection ? measureSelected(range, selection, context) : measureAll(range, context)
}

async function measureAll(range: Range, context: ReadContext): Promise<Measured> {
  const hours = activityHours(range)
  const [events, posts, languages, active] = await Promise.all([
    sumCounts('collection', range, context),
    sumCounts('operation', range, context, livePosts),
    countLanguages(range, context),
    countActiveAccounts(hours, context),
  ])
  const { accounts, estimated } = active
  return { events, posts, languages, accounts, estimated, hours, counted: 'counts' }
}

/**
 * Only posts can be selected, so the events that match a language, tag or domain are posts. Of an author alone, other
 * events exist too, which are not indexed by author: unknown. What is not counted is read from the matching posts where
 * these are few enough to read all, and all still stored.
 */
async function measureSelected(
  range: Range,
  selection: Selection,
  context: ReadContext,
): Promise<Measured> {
  const key = countedKey(selection)
  const total = key && (await sumCounts(key.dimension, range, context, [key.key]))
  if (total !== null && total > maxScanned) {
    return { ...unknown, events: total, posts: total }
  }
  const scan = await scanPosts(range, selection, context)
  const complete = scannedFrom(scan, range) === range.fromMs
  const posts = total ?? (complete ? scan.posts : null)
  return {
    events: selection.content.length > 0 ? posts : null,
    posts,
    accounts: complete ? scan.accounts : null,
    languages: complete ? scan.languages : null,
    hours: complete ? range : null,
    estimated: false,
    counted: complete ? 'posts' : 'sample',
  }
}

async function scanPosts(range: Range, selection: Selection, { db }: ReadContext) {
  const [row] = await db.query<Scan & { accounts: number; languages: number }>(sql`
    with matched as materialized (${matchedPosts(selection, range)}),
    spoken as (
      select distinct lexeme
      from matched m, unnest(tsvector_to_array(m.search)) as lexeme
      where starts_with(lexeme, 'lang:') and lexeme <> ${`lang:${undetermined}`}
    )
    select
      (select count(*) from matched) as "posts",
      (select id from matched order by id limit 1) as "oldestId",
      ${keptFrom},
      (select count(distinct user_id) from matched) as "accounts",
      (select count(*) from spoken) as "languages"`)
  return row ?? { ...nothingScanned, accounts: 0, languages: 0 }
}

async function countLanguages(range: Range, { db }: ReadContext): Promise<number> {
  const [row] = await db.query<{ n: number }>(sql`
    select count(*) as "n"
    from (
      select key
      from (${countedRows('language', [range.fromMs, range.toMs])}) as counted
      where key <> ${undetermined}
      group by key
      having sum(n) > 0
    ) as spoken`)
  return row?.n ?? 0
}

function perSecond(events: number | null, covered: Covered): number | null {
  return events === null || covered.receivedMs <= 0 ? null : (events * 1000) / covered.receivedMs
}

function accountsOf(now: Measured, then: Measured, listening: Listening): Answer['activeAccounts'] {
  const asOfMs = (listening.asOfUs ?? 0) / 1000
  // Activity is kept by hour: a running hour can be compared only where it is a small part of the whole.
  const running = now.hours !== null && now.hours.toMs > asOfMs
  const long = now.hours !== null && now.hours.toMs - now.hours.fromMs >= grainMs.day
  return {
    value: now.accounts,
    previous: running && !long ? null : then.accounts,
    estimated: now.estimated,
    from: now.hours && new Date(now.hours.fromMs).toISOString(),
    to: now.hours && new Date(Math.min(now.hours.toMs, asOfMs)).toISOString(),
  }
}
