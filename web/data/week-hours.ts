import type { ResponseOf } from '#contract/endpoint.ts'
import type { top } from '#contract/top.ts'

/** Seven rows, Monday first, of 24 hours of UTC. */
export type WeekHours = readonly (readonly WeekHour[])[]

export interface WeekHour {
  readonly key: string
  /** Events per hour, over all of these hours that were received; null where none was. */
  readonly rate: number | null
}

type Answer = Pick<ResponseOf<typeof top>, 'from' | 'to' | 'asOf' | 'coverage' | 'items'>

const hourMs = 3_600_000
/** An hour of which less was received says little about it. */
const leastHeardMs = 0.5 * hourMs

/** Counts by hour of the week as rates, so that an hour that came five times is not above one that came four times. */
export function weekHours(answer: Answer): WeekHours {
  const counts = new Map(answer.items.map(({ key, count }) => [key, count]))
  const heard = heardByHour(answer)
  return Array.from({ length: 7 }, (_, weekday) =>
    Array.from({ length: 24 }, (_, hour) => {
      const key = `${weekday + 1}-${String(hour).padStart(2, '0')}`
      const heardMs = heard.get(key) ?? 0
      const rate = heardMs < leastHeardMs ? null : ((counts.get(key) ?? 0) * hourMs) / heardMs
      return { key, rate }
    }),
  )
}

/** The busiest and the quietest hour, or null where none was received. */
export function extremes(hours: WeekHours): { most: WeekHour; least: WeekHour } | null {
  const known = hours.flat().filter(({ rate }) => rate !== null)
  const [first] = known
  if (!first) return null
  let most = first
  let least = first
  for (const hour of known) {
    if ((hour.rate ?? 0) > (most.rate ?? 0)) most = hour
    if ((hour.rate ?? 0) < (least.rate ?? 0)) least = hour
  }
  return { most, least }
}

function heardByHour({ from, to, asOf, coverage }: Answer): ReadonlyMap<string, number> {
  const heard = new Map<string, number>()
  const endMs = Math.min(Date.parse(to), asOf === null ? 0 : Date.parse(asOf))
  const gaps = coverage.gaps.map((gap) => ({
    fromMs: Date.parse(gap.from),
    toMs: Date.parse(gap.to),
  }))
  for (let startMs = Date.parse(from); startMs < endMs; startMs += hourMs) {
    const toMs = Math.min(startMs + hourMs, endMs)
    const missing = gaps.reduce(
      (sum, gap) => sum + Math.max(0, Math.min(gap.toMs, toMs) - Math.max(gap.fromMs, startMs)),
      0,
    )
    const time = new Date(startMs)
    const key = `${time.getUTCDay() || 7}-${String(time.getUTCHours()).padStart(2, '0')}`
    heard.set(key, (heard.get(key) ?? 0) + Math.max(0, toMs - startMs - missing))
  }
  return heard
}
