const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const twoSignificant = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const dash = '—'

/** Every digit: 84,912. Unknown is a dash, never 0. */
export function formatCount(value: number | null | undefined): string {
  return isKnown(value) ? whole.format(value) : dash
}

/** Every digit up to 99,999, then three significant ones: 512K, 1.43M. */
export function formatCompact(value: number | null | undefined): string {
  if (!isKnown(value)) return dash
  return Math.abs(value) < 100_000 ? whole.format(value) : compact.format(value)
}

/** For axes: 0, 250, 2.5K. */
export function formatTick(value: number): string {
  if (value === 0) return '0'
  if (Math.abs(value) < 1) return twoSignificant.format(value)
  return Math.abs(value) < 10_000 ? oneDigit.format(value) : compact.format(value)
}

/** Per second: 2,310, 4.7 or 0.021. */
export function formatRate(value: number | null | undefined): string {
  if (!isKnown(value)) return dash
  if (Math.abs(value) < 1) return twoSignificant.format(value)
  return Math.abs(value) < 100 ? oneDigit.format(value) : whole.format(value)
}

/** 0.0423 → 4.2%; from 10 on without a digit. */
export function formatPercent(ratio: number): string {
  const percent = Math.abs(ratio) * 100
  if (percent > 0 && percent < 0.05) return '<0.1%'
  return `${percent < 9.95 ? oneDigit.format(percent) : whole.format(percent)}%`
}

/** Coverage never rounds up to complete: 0.9996 → 99.9%. */
export function formatCoverage(ratio: number): string {
  if (ratio >= 1) return '100%'
  return `${oneDigit.format(Math.floor(ratio * 1000) / 10)}%`
}

/** How long: 1.2 s, 48 s, 14 min, 3 h, 2 d. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 99.5) return `${Math.round(seconds)} s`
  const minutes = seconds / 60
  if (minutes < 99.5) return `${Math.round(minutes)} min`
  const hours = minutes / 60
  return hours < 47.5 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`
}

/** How long ago: now, 12 s ago, 3 min ago. */
export function formatAgo(ms: number): string {
  if (ms < 1000) return 'now'
  return `${formatDuration(Math.floor(ms / 1000) * 1000).replace('.0', '')} ago`
}

export type Direction = 'up' | 'down' | 'same'

/** A change against before, with the words for those who do not see the arrow. Null where before is unknown or nothing. */
export function describeChange(
  value: number | null | undefined,
  previous: number | null | undefined,
): { direction: Direction; text: string; words: string } | null {
  if (!isKnown(value) || !isKnown(previous) || previous === 0) return null
  return describeRatio(value / previous - 1)
}

export function describeRatio(ratio: number): {
  direction: Direction
  text: string
  words: string
} {
  const percent = formatPercent(ratio)
  if (percent === '0%' || percent === '<0.1%')
    return { direction: 'same', text: '0%', words: 'unchanged' }
  return ratio > 0
    ? { direction: 'up', text: percent, words: `up ${percent}` }
    : { direction: 'down', text: percent, words: `down ${percent}` }
}

function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value)
}
