/** The zone of this browser, such as `Europe/Berlin`. */
export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false // Intl throws for a name it does not know; that is the answer
  }
}

export function allZones(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone}|${JSON.stringify(options)}`
  let found = formatters.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options })
    formatters.set(key, found)
  }
  return found
}

/** What a clock on the wall in that zone shows, as if it were UTC, ms. */
export function wallClockMs(ms: number, zone: string): number {
  const part: Record<string, number> = {}
  const parts = formatter(zone, {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms)
  for (const { type, value } of parts) part[type] = Number(value)
  return Date.UTC(
    part.year ?? 1970,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  )
}

/** The instant at which a clock in that zone shows `wallMs`; in the hour that is skipped in spring, the instant after it. */
export function instantOfWallClock(wallMs: number, zone: string): number {
  let guess = wallMs
  for (let round = 0; round < 3; round++) {
    const off = wallClockMs(guess, zone) - wallMs
    if (off === 0) return guess
    guess -= off
  }
  return guess
}

/** `Tue 24 Nov, 14:38` */
export function dayAndTime(ms: number, zone: string): string {
  return `${shortDay(ms, zone)}, ${clock(ms, zone)}`
}

/** `Tue 24 Nov` */
export function shortDay(ms: number, zone: string): string {
  return formatter(zone, { weekday: 'short', day: 'numeric', month: 'short' })
    .format(ms)
    .replace(',', '')
}

/** `24 Nov` */
export function dayAndMonth(ms: number, zone: string): string {
  return formatter(zone, { day: 'numeric', month: 'short' }).format(ms)
}

/** `14:38` */
export function clock(ms: number, zone: string): string {
  return formatter(zone, { hour: '2-digit', minute: '2-digit' }).format(ms)
}

/** `14:38:07` */
export function clockSeconds(ms: number, zone: string): string {
  return formatter(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms)
}

/** `14:38:07`, or `Tue 24 Nov, 14:38:07` where that was not today. */
export function secondsOrDay(ms: number, nowMs: number, zone: string): string {
  const time = clockSeconds(ms, zone)
  const day = shortDay(ms, zone)
  // A year later the day has the same name.
  const today = day === shortDay(nowMs, zone) && Math.abs(nowMs - ms) < 86_400_000
  return today ? time : `${day}, ${time}`
}

/** `Tuesday 24 November 2026, 14:38:07 CET`, for hovering. */
export function fullTime(ms: number, zone: string): string {
  return formatter(zone, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(ms)
}

/** `14:00–14:10`, or with days where they differ: `Tue 24 Nov, 23:00 – Wed 25 Nov, 01:00`. */
export function stretch(fromMs: number, toMs: number, zone: string): string {
  return shortDay(fromMs, zone) === shortDay(toMs - 1, zone)
    ? `${shortDay(fromMs, zone)}, ${clock(fromMs, zone)}–${clock(toMs, zone)}`
    : `${dayAndTime(fromMs, zone)} – ${dayAndTime(toMs, zone)}`
}

/** `UTC+1`, `UTC−3:30` at that instant. */
export function offsetName(ms: number, zone: string): string {
  const minutes = Math.round((wallClockMs(ms, zone) - Math.floor(ms / 1000) * 1000) / 60_000)
  if (minutes === 0) return 'UTC'
  const absolute = Math.abs(minutes)
  const rest = absolute % 60
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(absolute / 60)}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`
}
