/** Whether a stage does the work that is there. */
export interface StageCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export interface Watched {
  readonly name: string
  /**
   * Whether there is work that nothing keeps it from: false while it is quiet, and while it says that it waits for a
   * database, a broker or the network.
   */
  readonly isDue: () => boolean
  /** How long nothing may get done while it is due, ms. Default: 300,000. */
  readonly stuckMs?: number
}

/** A stage's side: says that something got done. Disposed of when the stage ends. */
export interface Progress extends Disposable {
  made(): void
}

export interface Liveness {
  watch(stage: Watched): Progress
  check(): readonly StageCheck[]
}

/** Longer than anything that was seen to go well, a restart of the database with recovery included. */
const usualStuckMs = 300_000
/** What got something done this lately is not asked: asking may cost something. */
const recentMs = 60_000

/**
 * Tells a stuck process from a quiet one by progress. A stage is stuck when each look of its time (five minutes, unless it says otherwise) found work for it and
 * nothing got done; whoever asks rarely is told late, never wrongly. An event loop that is stuck does not answer at all.
 *
 * @param now monotonic clock, ms
 */
export function createLiveness(now: () => number = () => performance.now()): Liveness {
  const stages = new Set<{ readonly check: () => StageCheck }>()
  return {
    watch({ name, isDue, stuckMs = usualStuckMs }) {
      let dueSinceMs: number | null = null
      let madeMs = now()
      const stage = {
        check() {
          if (now() - madeMs < recentMs || !isDue()) dueSinceMs = null
          else dueSinceMs ??= now()
          const dueMs = dueSinceMs === null ? 0 : now() - dueSinceMs
          return { name, ok: dueMs < stuckMs, detail: describe(dueMs, stuckMs) }
        },
      }
      stages.add(stage)
      return {
        made() {
          dueSinceMs = null
          madeMs = now()
        },
        [Symbol.dispose]: () => stages.delete(stage),
      }
    },
    check: () => [...stages].map(({ check }) => check()),
  }
}

function describe(dueMs: number, stuckMs: number): string {
  const seconds = Math.round(dueMs / 1000)
  if (dueMs >= stuckMs) return `has had work for ${seconds} s and got nothing done`
  return seconds > 0 ? `has had work for ${seconds} s` : 'does its work'
}
