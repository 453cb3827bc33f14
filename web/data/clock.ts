/**
 * The time of the server, which this computer's clock need not agree with. A recording that is replayed has a time of its own: there
 * "now" is its newest event, so that "last hour" means the last hour of the recording.
 */
let offsetMs = 0
let replayMs: number | null = null

// Below this, the difference is mostly the way of the message.
const tolerableMs = 2000

export function learnServerTime(serverNow: string): void {
  const difference = Date.parse(serverNow) - Date.now()
  if (Number.isFinite(difference)) offsetMs = Math.abs(difference) < tolerableMs ? 0 : difference
}

export function learnReplayTime(asOf: string | null): void {
  replayMs = asOf === null ? null : Date.parse(asOf)
}

/** Now on the server, ms since 1970. */
export function serverNowMs(): number {
  return Date.now() + offsetMs
}

/** What "now" means for a relative range. */
export function rangeNowMs(): number {
  return replayMs ?? serverNowMs()
}
