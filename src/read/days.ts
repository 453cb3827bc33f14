import { type Range, readRange } from './period.ts'
import { grainMs } from './slices.ts'

const standardDays = 30

/** Days of UTC that a range touches, ms of their starts, and the range of all of them; the last 30 where none is told. */
export function readDays(
  query: { from?: string | undefined; to?: string | undefined },
  nowMs: number,
): { days: readonly number[]; range: Range } {
  const toMs = query.to === undefined ? nowMs : Date.parse(query.to)
  const standard = Number.isFinite(toMs)
    ? new Date(toMs - (standardDays - 1) * grainMs.day).toISOString()
    : undefined
  const asked = readRange({ from: query.from ?? standard, to: query.to }, nowMs)
  const fromMs = Math.floor(asked.fromMs / grainMs.day) * grainMs.day
  const toDayMs = Math.ceil(asked.toMs / grainMs.day) * grainMs.day
  const days: number[] = []
  for (let ms = fromMs; ms < toDayMs; ms += grainMs.day) days.push(ms)
  return { days, range: { fromMs, toMs: toDayMs } }
}

/** The date of a day, as PostgreSQL reads it. */
export function dateOf(dayMs: number): string {
  return new Date(dayMs).toISOString().slice(0, 10)
}
