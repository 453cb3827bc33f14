import type { Language } from './languages.ts'
import { createWeighted } from './skew.ts'

const daySeconds = 86_400
/** Accounts and languages change every five minutes. */
export const blockSeconds = 300
const blocksOfDay = daySeconds / blockSeconds
const measuredAtHour = 15.67

/** How the day goes: how much happens at an hour, and in which languages. */
export interface Rhythm {
  /** Multiple of the mean rate at a second since 1970, 0.5 to 1.5. */
  activity(second: number): number
  /** Turns a number of [0, 1) into the index of a language, by how awake its writers are in a block of five minutes. */
  language(block: number, unit: number): number
}

export function createRhythm(languages: readonly Language[]): Rhythm {
  // Shares were measured at one hour; without that hour's weight they are shares of the day.
  const daily = languages.map(
    ({ share, utcOffset }) => share / wakefulness(measuredAtHour + utcOffset),
  )
  const total = daily.reduce((sum, share) => sum + share, 0)
  const blocks = Array.from({ length: blocksOfDay }, (_, block) => {
    const hour = (block * 24) / blocksOfDay
    const weights = languages.map(
      ({ utcOffset }, index) => ((daily[index] ?? 0) / total) * wakefulness(hour + utcOffset),
    )
    return {
      activity: weights.reduce((sum, weight) => sum + weight, 0),
      language: createWeighted(weights),
    }
  })
  const at = (block: number) => blocks[((block % blocksOfDay) + blocksOfDay) % blocksOfDay]
  return {
    activity(second) {
      const place = (second % daySeconds) / blockSeconds
      const block = Math.floor(place)
      const [from, to] = [at(block)?.activity ?? 1, at(block + 1)?.activity ?? 1]
      return from + (to - from) * (place - block)
    },
    language: (block, unit) => at(block)?.language(unit) ?? 0,
  }
}

/** Activity of people at a local hour, mean 1: least before dawn, a first rise at breakfast, most in the evening. */
function wakefulness(hour: number): number {
  const turn = (2 * Math.PI) / 24
  return 1 + 0.55 * Math.cos(turn * (hour - 16)) + 0.15 * Math.cos(2 * turn * (hour - 8.5))
}
