export interface BackoffLimits {
  readonly firstMs: number
  readonly capMs: number
}

/**
 * Wait before the next try, ms: anything up to the doubled limit ("full jitter"), so that the clients of a host that
 * fell over do not come back together. `failures` counts those before this one; `random` gives [0, 1).
 */
export function backoffMs(failures: number, limits: BackoffLimits, random: () => number): number {
  const ceilingMs = Math.min(limits.capMs, limits.firstMs * 2 ** Math.min(failures, 30))
  return Math.floor(random() * ceilingMs)
}
