/** Microseconds since 1970. Fits a double exactly until the year 2255. */
export type TimeUs = number

/** No network clock is earlier, imports included: what claims to be is a broken frame (2015-01-01). */
export const firstNetworkUs: TimeUs = 1_420_070_400_000_000

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/**
 * Microseconds since 1970 of a strict RFC 3339 time of any fraction length, or null. JavaScript's own parser is not
 * used on strangers' input: it also accepts "1" and "March 7".
 */
export function readTimeUs(text: string): TimeUs | null {
  const match = rfc3339.exec(text)
  if (!match) return null
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null
  if (sign && (Number(offsetHour) > 23 || Number(offsetMinute) > 59)) return null
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const date = new Date(midnight)
  if (Number(year) < 100 || date.getUTCMonth() !== Number(month) - 1) return null
  const offset =
    (sign === '-' ? -1 : 1) * (Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0))
  const seconds =
    midnight / 1000 + (Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)
  return seconds * 1_000_000 + Number((fraction ?? '').padEnd(6, '0').slice(0, 6))
}

export function formatTimeUs(us: TimeUs): string {
  return new Date(Math.floor(us / 1000)).toISOString()
}
