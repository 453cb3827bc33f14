import type { Draws } from './draws.ts'
import { createQuantiles } from './skew.ts'

/** Seconds from the author's clock to the network's: one author in seven is ahead of it. */
const lagSeconds = createQuantiles(
  [
    [0, -45],
    [0.01, -20],
    [0.02, -10],
    [0.03, -2],
    [0.145, 0],
    [0.25, 0.45],
    [0.5, 0.62],
    [0.75, 1.1],
    [0.95, 4],
    [0.98, 32],
    [1, 95],
  ],
  'linear',
)

const backdated = 0.007
const dayUs = 86_400_000_000

/** µs from the author's clock to the network's. */
export function drawLagUs(draws: Draws): number {
  return Math.round(lagSeconds(draws.unit()) * 1e6)
}

/**
 * An author's `createdAt` as a JSON member with its comma, or nothing: nearly always milliseconds and Z, some other forms of
 * RFC 3339, now and then an imported date of years ago, hardly ever no date at all.
 */
export function createdAtMember(us: number, draws: Draws): string {
  const form = draws.unit()
  const at = draws.chance(backdated) ? us - dayUs * (1 + 2_900 * draws.unit() ** 3) : us
  if (form < 0.974) return `"createdAt":"${isoMs(at)}",`
  if (form < 0.989) return `"createdAt":"${isoMs(at).slice(0, 19)}+00:00",`
  if (form < 0.9998) {
    const fraction = String(Math.floor(at) % 1_000).padStart(3, '0')
    return `"createdAt":"${isoMs(at).slice(0, 23)}${fraction}Z",`
  }
  return form < 0.9999 ? '"createdAt":"just now",' : ''
}

const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
const threeDigits = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(3, '0'))
let lastDay = Number.NaN
let lastDate = ''

/** RFC 3339 with milliseconds; as `Date.toISOString`, with the date of the last call at hand. */
export function isoMs(us: number): string {
  const ms = Math.floor(us / 1_000)
  const day = Math.floor(ms / 86_400_000)
  if (day !== lastDay) {
    lastDate = new Date(day * 86_400_000).toISOString().slice(0, 11)
    lastDay = day
  }
  const rest = ms - day * 86_400_000
  const second = Math.floor(rest / 1_000)
  const hour = twoDigits[Math.floor(second / 3_600)]
  const minute = twoDigits[Math.floor(second / 60) % 60]
  return `${lastDate}${hour}:${minute}:${twoDigits[second % 60]}.${threeDigits[rest % 1_000]}Z`
}
