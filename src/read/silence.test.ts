import { expect, test } from 'vitest'
import { type CollectionAge, type Counted, judgeCollections } from './silence.ts'

const minute = 60_000
const hour = 60 * minute
const asOfMs = Date.parse('2026-07-04T15:20:30Z')
const runningMs = Date.parse('2026-07-04T15:00:00Z')
const minutesFromMs = Date.parse('2026-07-04T14:50:00Z')

interface Flow {
  /** Events an hour in each of the last 48 hours and, in proportion, in the running one. */
  readonly perHour: number
  /** Nothing later than this. */
  readonly untilMs?: number
  /** Hours of the day without any. */
  readonly asleep?: readonly number[]
}

/** What the tables would hold after collections flowed evenly. */
function counted(flows: Readonly<Record<string, Flow>>, parts: Partial<Counted> = {}): Counted {
  const minutes = new Map<number, number>()
  const hours = new Map<number, number>()
  const newestMinutes = new Map<string, number>()
  const hoursOf = new Map<string, Map<number, number>>()
  for (const [name, { perHour, untilMs = asOfMs, asleep = [] }] of Object.entries(flows)) {
    const of = new Map<number, number>()
    hoursOf.set(name, of)
    for (let at = runningMs - 48 * hour; at < untilMs; at += minute) {
      if (asleep.includes(new Date(at).getUTCHours())) continue
      const start = Math.floor(at / hour) * hour
      of.set(start, (of.get(start) ?? 0) + perHour / 60)
      hours.set(start, (hours.get(start) ?? 0) + perHour / 60)
      if (at < minutesFromMs) continue
      newestMinutes.set(name, at)
      minutes.set(at, (minutes.get(at) ?? 0) + perHour / 60)
    }
  }
  const listeningSinceMs = runningMs - 48 * hour
  return {
    asOfMs,
    listeningSinceMs,
    minutesFromMs,
    minutes,
    hours,
    newestMinutes,
    hoursOf,
    ...parts,
  }
}

const others = { likes: { perHour: 600_000 }, follows: { perHour: 120_000 } }
const ago = (ms: number) => asOfMs - ms
const silent = (ages: readonly CollectionAge[]) =>
  ages.filter((age) => age.silent).map(({ collection }) => collection)

test('what flows is not silent, and its age is that of its newest minute', () => {
  const ages = judgeCollections(counted({ ...others, posts: { perHour: 150_000 } }))
  expect(silent(ages)).toEqual([])
  expect(ages.find(({ collection }) => collection === 'posts')).toMatchObject({
    newestMs: asOfMs,
    ageMs: 0,
    expected: 0,
    perDay: expect.closeTo(24 * 150_000, -1),
  })
})

test('a busy collection is missed after two minutes, not before', () => {
  const posts = (ms: number) =>
    counted({ ...others, posts: { perHour: 150_000, untilMs: ago(ms) } })
  expect(silent(judgeCollections(posts(90_000)))).toEqual([])
  const ages = judgeCollections(posts(5 * minute))
  expect(silent(ages)).toEqual(['posts'])
  const [age] = ages.filter(({ collection }) => collection === 'posts')
  // Four whole minutes of which each had 2,500; the one before is not counted, since some of it may have been theirs.
  expect(age?.expected).toBeGreaterThan(9_000)
  expect(age?.expected).toBeLessThan(13_000)
  expect(age?.newestMs).toBe(Math.ceil(ago(5 * minute) / minute) * minute)
})

test('a rare collection is missed once a hundred of it were to be expected', () => {
  const rare = (hours: number) =>
    silent(
      judgeCollections(counted({ ...others, lists: { perHour: 40, untilMs: ago(hours * hour) } })),
    )
  expect(rare(1)).toEqual([])
  expect(rare(2)).toEqual([])
  expect(rare(4)).toEqual(['lists'])
  expect(rare(20)).toEqual(['lists'])
})

test('where everything is silent, nothing is missed', () => {
  const untilMs = ago(25 * minute)
  const all = { likes: { perHour: 600_000, untilMs }, posts: { perHour: 150_000, untilMs } }
  expect(silent(judgeCollections(counted(all)))).toEqual([])
})

test('a stretch that was not received explains a silence', () => {
  const untilMs = ago(20 * minute)
  const flows = {
    likes: { perHour: 600_000, untilMs },
    posts: { perHour: 150_000, untilMs },
  }
  // The network is back for a few seconds: a handful of likes came, no post yet.
  const back = counted(flows)
  const minutes = new Map(back.minutes).set(Math.floor(asOfMs / minute) * minute, 30)
  const newestMinutes = new Map(back.newestMinutes).set(
    'likes',
    Math.floor(asOfMs / minute) * minute,
  )
  expect(silent(judgeCollections({ ...back, minutes, newestMinutes }))).toEqual([])
})

test('the first hour is too early to tell', () => {
  const flows = { ...others, posts: { perHour: 150_000, untilMs: ago(10 * minute) } }
  const early = counted(flows, { listeningSinceMs: ago(59 * minute) })
  expect(silent(judgeCollections(early))).toEqual([])
})

test('what is the only one followed has nothing to be compared with', () => {
  const only = counted({ posts: { perHour: 150_000, untilMs: ago(10 * minute) } })
  expect(silent(judgeCollections(only))).toEqual([])
})

test('what comes in bursts, or sleeps at night, is not missed', () => {
  const asleep = [15, 16, 17, 18, 19, 20, 21, 22]
  const sleeper = counted({ ...others, games: { perHour: 5_000, asleep } })
  expect(silent(judgeCollections(sleeper))).toEqual([])
  const all = Array.from({ length: 24 }, (_, n) => n)
  const burst = counted({
    ...others,
    imports: { perHour: 900_000, asleep: all.filter((n) => n !== 9) },
  })
  expect(silent(judgeCollections(burst))).toEqual([])
})

test('less of everything is expected when there is less of the rest', () => {
  const flows = { ...others, lists: { perHour: 4_000, untilMs: ago(15 * minute) } }
  const busy = counted(flows)
  expect(silent(judgeCollections(busy))).toEqual(['lists'])
  const quiet = new Map([...busy.minutes].map(([at, n]) => [at, n / 20]))
  const runningHour = new Map(busy.hours).set(runningMs, 1_000)
  expect(silent(judgeCollections({ ...busy, minutes: quiet, hours: runningHour }))).toEqual([])
})

test('what has been silent for more than a day is the new normal', () => {
  const gone = (hours: number) =>
    silent(
      judgeCollections(
        counted({ ...others, gone: { perHour: 9_000, untilMs: ago(hours * hour) } }),
      ),
    )
  expect(gone(23)).toEqual(['gone'])
  const counts = counted(others, { hoursOf: new Map([['gone', new Map<number, number>()]]) })
  expect(silent(judgeCollections(counts))).toEqual([])
})
