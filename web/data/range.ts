/** A stretch of time that a person asks for: the last so-and-so long, or from here to there. */
export type Range =
  | { readonly kind: 'relative'; readonly seconds: number }
  | { readonly kind: 'absolute'; readonly fromMs: number; readonly toMs: number }

/** A range made concrete, half-open, milliseconds since 1970. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

const unitSeconds = { m: 60, h: 3600, d: 86_400, w: 604_800 } as const
type Unit = keyof typeof unitSeconds

const minSeconds = 60
const maxSeconds = 400 * unitSeconds.d

export const presets = [
  { seconds: 900, label: 'Last 15 minutes' },
  { seconds: 3600, label: 'Last hour' },
  { seconds: 21_600, label: 'Last 6 hours' },
  { seconds: 86_400, label: 'Last 24 hours' },
  { seconds: 604_800, label: 'Last 7 days' },
  { seconds: 2_592_000, label: 'Last 30 days' },
] as const

/** Reads `90m`, `6 h`, `last 2 days`, `1w`. Null where it is no span, or one under a minute or over 400 days. */
export function parseSpan(text: string): number | null {
  const match = /^(?:last\s+)?(\d{1,6}(?:\.\d+)?)?\s*(m|h|d|w)(?:[a-z]*)$/i.exec(text.trim())
  if (
    !match ||
    !/^(?:m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|wk|weeks?)$/i.test(unitWord(text))
  )
    return null
  const seconds = Math.round(
    Number(match[1] ?? 1) * unitSeconds[(match[2] ?? 'm').toLowerCase() as Unit],
  )
  return seconds >= minSeconds && seconds <= maxSeconds ? seconds : null
}

/** The shortest text that `parseSpan` reads back: 5400 → `90m`, 86400 → `24h`. */
export function formatSpan(seconds: number): string {
  if (seconds % unitSeconds.d === 0 && seconds > 2 * unitSeconds.d)
    return `${seconds / unitSeconds.d}d`
  if (seconds % unitSeconds.h === 0) return `${seconds / unitSeconds.h}h`
  return `${Math.round(seconds / unitSeconds.m)}m`
}

/** `24 hours`, `90 minutes`, `7 days`, for a sentence. */
export function spanWords(seconds: number): string {
  const days = seconds / unitSeconds.d
  if (Number.isInteger(days) && days > 2) return `${days} days`
  const hours = seconds / unitSeconds.h
  if (Number.isInteger(hours)) return hours === 1 ? 'hour' : `${hours} hours`
  const minutes = Math.round(seconds / unitSeconds.m)
  return minutes === 1 ? 'minute' : `${minutes} minutes`
}

// Everyone who looks at the last hour within the same 5 s asks the same question, so that the server can reuse its answer.
const gridMs = 5000

// Counts are kept by the minute. Beside a short window before it, a minute that still runs would read as a fall.
const minuteMs = 60_000
const shortSeconds = 21_600
// What the network sent in a minute is stored this long after it at the latest, when all is well.
const settleMs = 3000

/** The window of a range at the instant `nowMs`. A relative one ends on a 5 s grid, never in the future. */
export function windowOf(range: Range, nowMs: number): Window {
  if (range.kind === 'absolute') return { fromMs: range.fromMs, toMs: range.toMs }
  const toMs = Math.floor(nowMs / gridMs) * gridMs
  return { fromMs: toMs - range.seconds * 1000, toMs }
}

/** As `windowOf`, for numbers that are compared with the window before: a short range ends with the last whole minute. */
export function comparableWindowOf(range: Range, nowMs: number): Window {
  if (range.kind === 'absolute' || range.seconds > shortSeconds) return windowOf(range, nowMs)
  const toMs = Math.floor((nowMs - settleMs) / minuteMs) * minuteMs
  return { fromMs: toMs - range.seconds * 1000, toMs }
}

export function lengthSeconds(range: Range): number {
  return range.kind === 'relative' ? range.seconds : (range.toMs - range.fromMs) / 1000
}

/** An absolute range from two instants in any order, at least a minute long and on whole minutes; null if that is impossible. */
export function absoluteRange(aMs: number, bMs: number): Range | null {
  if (!Number.isFinite(aMs) || !Number.isFinite(bMs)) return null
  const minute = 60_000
  const fromMs = Math.floor(Math.min(aMs, bMs) / minute) * minute
  const toMs = Math.max(Math.ceil(Math.max(aMs, bMs) / minute) * minute, fromMs + minute)
  return toMs - fromMs <= maxSeconds * 1000 ? { kind: 'absolute', fromMs, toMs } : null
}

/** One step out: the next longer preset, or twice the stretch around its middle, ending now at the latest. */
export function zoomOut(range: Range, nowMs: number): Range {
  if (range.kind === 'relative') {
    const next = presets.find((preset) => preset.seconds > range.seconds)
    return { kind: 'relative', seconds: next?.seconds ?? range.seconds }
  }
  const length = range.toMs - range.fromMs
  const toMs = Math.min(range.toMs + length / 2, Math.max(nowMs, range.toMs))
  return absoluteRange(toMs - 2 * length, toMs) ?? range
}

/** The preset just long enough to show everything since `sinceMs`. */
export function presetSince(sinceMs: number, nowMs: number): Range {
  const seconds = (nowMs - sinceMs) / 1000
  const fit = presets.find((preset) => preset.seconds >= seconds) ?? presets[presets.length - 1]
  return { kind: 'relative', seconds: fit?.seconds ?? 86_400 }
}

/** How often a range that ends now is asked for again, ms: a longer range moves more slowly, and never under 5 s. */
export function refreshMs(range: Range): number | null {
  if (range.kind === 'absolute') return null
  return Math.min(60_000, Math.max(5000, (range.seconds / 8640) * 1000))
}

function unitWord(text: string): string {
  return /[a-z]+$/i.exec(text.trim())?.[0] ?? ''
}
