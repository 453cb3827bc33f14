import { hash } from 'node:crypto'

/** An answer as it goes out, with the tag that names these bytes. */
export interface Answer {
  readonly bytes: Buffer
  readonly etag: string
}

/** Computes an answer; the signal aborts when nobody waits for it any more. */
export type Compute = (signal: AbortSignal) => Promise<Buffer>

/**
 * Answers kept as bytes for a while, and computed once for all who ask the same at the same time. A question that took
 * long is kept longer, so that no question, however dear, takes more than about a tenth of the database's time.
 */
export interface AnswerCache {
  get(key: string, keep: Keep, compute: Compute, signal: AbortSignal): Promise<Answer>
}

export interface Keep {
  /** How long the answer may be reused; 0 for not beyond those who wait for it now. */
  readonly ms: number
  /** How long after it was asked for nobody gets it any more, however long it took to find. Default: no end. */
  readonly mostMs?: number
}

interface Flight {
  readonly answer: Promise<Answer>
  readonly stop: AbortController
  waiting: number
}

interface Kept {
  readonly answer: Answer
  readonly untilMs: number
}

const maxKeptBytes = 32 * 1024 * 1024
const maxKept = 2_000
const longestMs = 30_000

export function createAnswerCache(nowMs: () => number = () => performance.now()): AnswerCache {
  const flights = new Map<string, Flight>()
  const kept = new Map<string, Kept>()
  let keptBytes = 0

  function forget(key: string): void {
    keptBytes -= kept.get(key)?.answer.bytes.length ?? 0
    kept.delete(key)
  }

  function keep(key: string, answer: Answer, untilMs: number): void {
    forget(key)
    kept.set(key, { answer, untilMs })
    keptBytes += answer.bytes.length
    // Oldest first: a Map remembers the order of insertion.
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept && keptBytes <= maxKeptBytes) break
      forget(oldest)
    }
  }

  function launch(
    key: string,
    { ms, mostMs = Number.POSITIVE_INFINITY }: Keep,
    compute: Compute,
  ): Flight {
    const stop = new AbortController()
    const started = nowMs()
    const answer = compute(stop.signal).then(
      (bytes) => {
        if (flights.get(key)?.stop === stop) flights.delete(key)
        const answer = { bytes, etag: tagOf(bytes) }
        const tookMs = nowMs() - started
        const untilMs = nowMs() + Math.max(ms, Math.min(tookMs * 10, longestMs))
        if (ms > 0) keep(key, answer, Math.min(untilMs, started + mostMs))
        return answer
      },
      (error: unknown) => {
        if (flights.get(key)?.stop === stop) flights.delete(key)
        throw error
      },
    )
    // Those who wait get the error; when all have gone, nobody does.
    answer.catch(() => undefined)
    const flight: Flight = { answer, stop, waiting: 0 }
    flights.set(key, flight)
    return flight
  }

  return {
    async get(key, wanted, compute, signal) {
      signal.throwIfAborted()
      const known = kept.get(key)
      if (known && known.untilMs > nowMs()) return known.answer
      if (known) forget(key)
      const flight = flights.get(key) ?? launch(key, wanted, compute)
      flight.waiting += 1
      const { promise: gone, reject } = Promise.withResolvers<never>()
      const leave = () => {
        flight.waiting -= 1
        if (flight.waiting === 0) {
          if (flights.get(key) === flight) flights.delete(key)
          flight.stop.abort(signal.reason)
        }
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      try {
        return await Promise.race([flight.answer, gone])
      } finally {
        signal.removeEventListener('abort', leave)
      }
    },
  }
}

/** Weak, because compression may change the bytes but not what they say. */
function tagOf(bytes: Buffer): string {
  return `W/"${hash('sha256', bytes, 'base64url').slice(0, 22)}"`
}

/** Whether a client already has the answer with a tag. @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
export function matchesTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = etag.replace(/^W\//, '')
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === opaque)
}
