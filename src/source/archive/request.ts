import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { backoffMs } from '../jetstream/backoff.ts'
import { readRetryAfterMs } from '../jetstream/rejection.ts'
import { readRefusal } from './answers.ts'
import { type Answer, readBody } from './body.ts'

/** Every wait of a request, ms. Tests shorten them. */
export interface ArchiveTimings {
  /** Time without a byte after which an answer is given up and asked for again. */
  readonly idleMs: number
  /** First limit of the exponential back-off, and its cap. */
  readonly backoffFirstMs: number
  readonly backoffCapMs: number
  /** Longest `Retry-After` that is obeyed. */
  readonly retryAfterCapMs: number
}

export const defaultTimings: ArchiveTimings = {
  idleMs: 30_000,
  backoffFirstMs: 250,
  backoffCapMs: 30_000,
  retryAfterCapMs: 300_000,
}

export interface Trouble {
  readonly message: string
  readonly delayMs: number
}

export interface AskOptions {
  readonly url: string
  readonly init: RequestInit
  readonly timings: ArchiveTimings
  readonly signal: AbortSignal
  /** A try failed and the next one comes after a while; null when one succeeds. */
  readonly onTrouble: (trouble: Trouble | null) => void
}

const maxErrorBytes = 64 * 1024
/** A proxy's page in the place of an answer may pass; the third is no accident. */
const maxUnreadable = 3
/** 416 is an answer: the file has become shorter. */
const answers: readonly number[] = [200, 206, 416]
const final: readonly number[] = [401, 403, 404, 405, 410, 501]

/**
 * Asks until there is an answer that `read` can read. A network that fails and a host that is busy or warming up are
 * waited out, with back-off. Throws `SOURCE_REJECTED` where asking again is pointless, and the signal's reason.
 */
export async function ask<T>(
  options: AskOptions,
  read: (answer: Answer) => Promise<T>,
): Promise<T> {
  const { timings, signal, onTrouble } = options
  const limits = { firstMs: timings.backoffFirstMs, capMs: timings.backoffCapMs }
  let unreadable = 0
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted()
    let message: string
    let retryAfterMs = 0
    try {
      const outcome = await tryOnce(options, read)
      if ('answer' in outcome) {
        onTrouble(null)
        return outcome.answer
      }
      message = outcome.busy
      retryAfterMs = Math.min(outcome.retryAfterMs, timings.retryAfterCapMs)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof AppError) throw error
      message = describe(error)
      if (error instanceof SyntaxError || error instanceof z.ZodError) unreadable += 1
      if (unreadable >= maxUnreadable) throw rejected(options.url, message, { cause: error })
    }
    const delayMs = Math.max(retryAfterMs, backoffMs(failures, limits, Math.random))
    onTrouble({ message, delayMs })
    await sleep(delayMs, undefined, { signal })
  }
}

async function tryOnce<T>(
  { url, init, timings, signal }: AskOptions,
  read: (answer: Answer) => Promise<T>,
): Promise<{ answer: T } | { busy: string; retryAfterMs: number }> {
  const done = new AbortController()
  const silent = new Error(`no answer for ${timings.idleMs / 1_000} s`)
  const timer = setTimeout(() => done.abort(silent), timings.idleMs)
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.any([signal, done.signal]) })
    const answer = { response, touch: () => void timer.refresh() }
    answer.touch()
    const { status, headers } = response
    if (answers.includes(status)) return { answer: await read(answer) }
    const said = readRefusal((await readBody(answer, maxErrorBytes)).toString())
    const words = said.message || said.error || `HTTP ${status}`
    // Of the 400s only those of Jetstream itself are meant for good: a proxy's may pass.
    if (final.includes(status) || (status === 400 && said.error !== '')) {
      throw rejected(url, words, hintFor(status, said.error))
    }
    const retryAfterMs = readRetryAfterMs(headers.get('retry-after'), Date.now())
    return { busy: `HTTP ${status}: ${words}`, retryAfterMs }
  } finally {
    clearTimeout(timer)
    done.abort() // lets go of a body that nobody reads to its end
  }
}

function rejected(
  url: string,
  words: string,
  options: { readonly cause?: unknown; readonly hint?: string },
): AppError {
  const { host, pathname } = new URL(url)
  const method = pathname.slice(pathname.lastIndexOf('.') + 1)
  return new AppError('SOURCE_REJECTED', `${host} refuses ${method}: ${words}`, options)
}

function hintFor(status: number, error: string): { hint?: string } {
  if (status === 401 || status === 403) return { hint: 'This archive asks for an API key.' }
  if (status === 400 || error === 'SegmentNotFound' || error === 'BlockNotFound') return {}
  return { hint: 'Only hosts of the second generation of Jetstream have an archive.' }
}

/** `fetch failed` says nothing; its cause does. */
function describe(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues
    return `an unexpected answer (${issue?.path.join('.')}: ${issue?.message})`
  }
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}
