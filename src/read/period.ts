import { AppError, type RefusedParameter } from '../errors.ts'

/** A half-open range of network time, [fromMs, toMs), ms since 1970. */
export interface Range {
  readonly fromMs: number
  readonly toMs: number
}

const minuteMs = 60_000
const dayMs = 86_400_000
const maxDays = 400

/**
 * The range a question asks for, widened to whole minutes, the finest that is counted. Throws `AppError`
 * `REQUEST_INVALID` for ends in the wrong order and for ranges of more than 400 days.
 */
export function readRange(
  query: { from?: string | undefined; to?: string | undefined },
  nowMs: number,
): Range {
  const toMs = query.to === undefined ? nowMs : Date.parse(query.to)
  const fromMs = query.from === undefined ? toMs - dayMs : Date.parse(query.from)
  if (!Number.isFinite(fromMs)) throw refuse('from', `${query.from} is no date that exists`)
  if (!Number.isFinite(toMs)) throw refuse('to', `${query.to} is no date that exists`)
  if (fromMs >= toMs) {
    throw refuse('from', `must be before to (${new Date(toMs).toISOString()})`)
  }
  if (toMs - fromMs > maxDays * dayMs) {
    throw refuse('from', `must be at most ${maxDays} days before to; ask for a shorter range`)
  }
  return {
    fromMs: Math.floor(fromMs / minuteMs) * minuteMs,
    toMs: Math.ceil(toMs / minuteMs) * minuteMs,
  }
}

/**
 * The window of the same length before, ending where the elapsed part of this one would end, so that a running window is
 * compared with an equal stretch. `nowMs` is how far this one has come.
 */
export function previousRange(range: Range, nowMs: number): Range {
  const length = range.toMs - range.fromMs
  const elapsedTo = Math.min(range.toMs, Math.ceil(nowMs / minuteMs) * minuteMs)
  return { fromMs: range.fromMs - length, toMs: Math.max(elapsedTo, range.fromMs) - length }
}

const knownZones = new Set<string>()

/** Checks that a time zone exists. Throws `AppError` `REQUEST_INVALID`. */
export function readZone(tz: string): string {
  if (knownZones.has(tz)) return tz
  // Offsets are refused because PostgreSQL reads their sign the other way round (POSIX).
  if (!/^[A-Za-z]/.test(tz) || !isZone(tz)) {
    throw refuse('tz', 'is no IANA time zone; right would be, for example, Europe/Berlin')
  }
  if (knownZones.size < 1_000) knownZones.add(tz)
  return tz
}

/** The error for one parameter that cannot be used. */
export function refuse(parameter: string, message: string): AppError {
  const parameters: RefusedParameter[] = [{ parameter, message }]
  return new AppError('REQUEST_INVALID', `${parameter} ${message}`, { parameters })
}

function isZone(tz: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: tz }) !== undefined
  } catch {
    return false
  }
}
