import { clock, dayAndMonth, instantOfWallClock, wallClockMs } from '../data/zone.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const steps = [
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  3 * day,
  7 * day,
  14 * day,
  28 * day,
]

export interface TimeTick {
  readonly ms: number
  readonly label: string
}

/** Round times of a zone between two instants, at most `most` of them. Midnights are named by their day. */
export function timeTicks(fromMs: number, toMs: number, zone: string, most: number): TimeTick[] {
  const step = steps.find((width) => (toMs - fromMs) / width <= most) ?? 56 * day
  const ticks: TimeTick[] = []
  const firstWall = Math.ceil(wallClockMs(fromMs, zone) / step) * step
  for (let wall = firstWall, round = 0; round <= most + 2; wall += step, round++) {
    const ms = instantOfWallClock(wall, zone)
    if (ms > toMs) break
    const previous = ticks[ticks.length - 1]
    if (ms < fromMs || (previous && ms <= previous.ms)) continue
    ticks.push({ ms, label: wall % day === 0 ? dayAndMonth(ms, zone) : clock(ms, zone) })
  }
  return ticks
}

/** Round values from 0 to at least `max`, four to six of them. A count has no ticks between whole numbers. */
export function valueTicks(max: number, wholeNumbers: boolean): number[] {
  if (!(max > 0)) return [0, 1]
  const raw = max / 5
  const power = 10 ** Math.floor(Math.log10(raw))
  const nice = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10
  const step = wholeNumbers ? Math.max(1, Math.ceil(nice * power)) : nice * power
  const count = Math.ceil(max / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}
