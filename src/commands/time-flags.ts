import { AppError } from '../errors.ts'
import { readTimeUs } from '../event/time.ts'

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Start of a stretch up to now, network time in µs: `7d`, `36h`, `90m`, counted in whole days, hours or minutes of UTC so that
 * the same flag means the same a little later, or a time. Throws `USAGE_INVALID`.
 */
export function readSince(flag: string, text: string, nowMs: number): number {
  const span = /^(\d{1,6})([mhd])$/.exec(text)
  if (!span) return readTime(flag, text)
  const unit = units[span[2] as keyof typeof units]
  const fromMs = Math.floor((nowMs - Number(span[1]) * unit) / unit) * unit
  if (fromMs <= 0) throw refuse(flag, text)
  return fromMs * 1_000
}

/** A time, network time in µs. Throws `USAGE_INVALID`. */
export function readTime(flag: string, text: string): number {
  const us = readTimeUs(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  if (us === null) throw refuse(flag, text)
  return us
}

function refuse(flag: string, text: string): AppError {
  return new AppError('USAGE_INVALID', `${flag} ${text} is no time`, {
    hint: 'Use a date, a time such as 2026-07-04T14:00:00Z, or with --since also 7d, 36h or 90m.',
  })
}
