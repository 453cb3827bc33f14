import { grainMs } from './slices.ts'

/** What is counted of collections: enough to tell which of them fell silent while others flow. */
export interface Counted {
  /** Network time of the newest stored event of all, ms. */
  readonly asOfMs: number
  /** Network time since which something was listened to, ms. */
  readonly listeningSinceMs: number
  /** Start of the minutes below, ms. */
  readonly minutesFromMs: number
  /** Events of all collections by minute (start, ms). */
  readonly minutes: ReadonlyMap<number, number>
  /** The newest minute of a collection that has an event; none where there is none in these minutes. */
  readonly newestMinutes: ReadonlyMap<string, number>
  /** Events of all collections by hour (start, ms), the running one included. */
  readonly hours: ReadonlyMap<number, number>
  /** Events by collection and hour; hours without one are left out. */
  readonly hoursOf: ReadonlyMap<string, ReadonlyMap<number, number>>
}

export interface CollectionAge {
  readonly collection: string
  /** No event of it is later than this, ms; told by the minute, and by the hour where it is older than the minutes. */
  readonly newestMs: number
  /** How much older than the newest event of all, ms; at least. */
  readonly ageMs: number
  /** Events of it that were to be expected since, from its share in what flows otherwise. */
  readonly expected: number
  readonly silent: boolean
  /** Events in the day before its newest, for ranking. */
  readonly perDay: number
}

/** No event where so many were to be expected is no accident, even where its share varies fivefold over the day. */
const alarmingEvents = 100
const leastSilentMs = 120_000
const leastListenedMs = grainMs.hour
/** Hours that the share of a collection is learned from; one that is silent for longer is the new normal. */
export const learnedHours = 24

/**
 * How old the newest event of each collection is, and whether that is an alarm: its share in the events of the other
 * collections is known, and these went on. Where everything is silent, or nothing was received, the others have no events
 * either, and nothing is expected. Pure.
 */
export function judgeCollections(counted: Counted): CollectionAge[] {
  const { asOfMs, listeningSinceMs, newestMinutes, hoursOf } = counted
  const settled = asOfMs - listeningSinceMs >= leastListenedMs
  const collections = new Set([...newestMinutes.keys(), ...hoursOf.keys()])
  return [...collections].map((collection) => {
    const hours = hoursOf.get(collection) ?? new Map<number, number>()
    const newestMs = findNewest(newestMinutes.get(collection), hours, counted)
    const { share, perDay } = learnShare(hours, newestMs, counted)
    const ageMs = Math.max(0, asOfMs - newestMs)
    const expected = share * countSince(newestMs, counted)
    const silent = settled && ageMs >= leastSilentMs && expected >= alarmingEvents
    return { collection, newestMs, ageMs, expected, silent, perDay }
  })
}

function findNewest(
  newestMinute: number | undefined,
  hours: ReadonlyMap<number, number>,
  { asOfMs, minutesFromMs }: Counted,
): number {
  if (newestMinute !== undefined) return Math.min(asOfMs, newestMinute + grainMs.minute)
  const newestHour = Math.max(0, ...hours.keys())
  return Math.min(asOfMs, newestHour + grainMs.hour, minutesFromMs)
}

/**
 * Its share in the events of the others in the day before its newest event. The lower quartile of the hours: what comes in
 * bursts, or sleeps at night, has hours without any, and is not missed.
 */
function learnShare(
  hours: ReadonlyMap<number, number>,
  newestMs: number,
  { hours: all }: Counted,
): { share: number; perDay: number } {
  const endMs = Math.floor((newestMs - 1) / grainMs.hour) * grainMs.hour
  const shares: number[] = []
  let perDay = 0
  for (let hourMs = endMs - learnedHours * grainMs.hour; hourMs < endMs; hourMs += grainMs.hour) {
    const n = hours.get(hourMs) ?? 0
    const others = (all.get(hourMs) ?? 0) - n
    perDay += n
    if (others > 0) shares.push(n / others)
  }
  shares.sort((a, b) => a - b)
  return { share: shares[Math.floor(shares.length / 4)] ?? 0, perDay }
}

/** Events of the others since: whole minutes where these reach, or whole hours; none is counted that may have been before. */
function countSince(newestMs: number, { minutes, hours }: Counted): number {
  return Math.max(sumFrom(minutes, newestMs), sumFrom(hours, newestMs))
}

function sumFrom(counts: ReadonlyMap<number, number>, fromMs: number): number {
  let sum = 0
  for (const [startMs, n] of counts) if (startMs >= fromMs) sum += n
  return sum
}
