import { openPool, type Pool } from '../db/pool.ts'
import { AppError } from '../errors.ts'
import type { Frame, Wire } from '../event/frame.ts'
import { formatId, timedId, uuidMs } from '../event/ids.ts'
import {
  type DeadLetterChoice,
  type DeadLetterMessage,
  dropCopy,
  markProcessed,
  readDeadLetters,
  setReason,
} from '../store/dead-letters.ts'
import { openStore, type Store } from '../store/store.ts'

export interface ReplayDeadLettersOptions {
  readonly url: string
  readonly choice: DeadLetterChoice
  readonly signal: AbortSignal
  /** Called after each batch. */
  readonly onProgress: (progress: ReplayedDeadLetters) => void
}

export interface ReplayedDeadLetters {
  readonly stored: number
  readonly refused: number
  /** How many were refused, by reason. */
  readonly reasons: Readonly<Record<string, number>>
}

const messagesAtOnce = 500
/** A message may have 32 MiB: what is decoded at a time is bounded by bytes too. */
const bytesAtOnce = 8 * 1024 ** 2

/**
 * Decodes and stores messages that were set aside again. Those that are stored are marked as dealt with; the others stay,
 * with the reason of this time. Killed at any moment it can be run again: storing a message twice changes nothing.
 * Throws `NOT_FOUND` where a message is named and none of that id waits.
 */
export async function replayDeadLetters(
  options: ReplayDeadLettersOptions,
): Promise<ReplayedDeadLetters> {
  const { url, choice, signal } = options
  await using db = openPool({
    url,
    max: 1,
    statementTimeoutMs: 0,
    applicationName: 'bluesky-analytics dlq',
  })
  await using store = await openStore({ url, source: null })
  const tally = { stored: 0, refused: 0, reasons: {} as Record<string, number> }
  let after: string | null = null
  while (!signal.aborted) {
    const messages: DeadLetterMessage[] = await readDeadLetters(db, choice, {
      limit: messagesAtOnce,
      maxBytes: bytesAtOnce,
      after,
    })
    const last = messages.at(-1)
    if (!last) break
    const refused = await storeAgain(db, store, messages)
    for (const reason of refused) tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1
    tally.refused += refused.length
    tally.stored += messages.length - refused.length
    options.onProgress(tally)
    after = last.id
  }
  if (choice.id !== undefined && tally.stored + tally.refused === 0 && !signal.aborted) {
    throw new AppError('NOT_FOUND', `no message ${choice.id} waits`, {
      hint: 'dlq list shows those that do; dlq show says whether it was dealt with.',
    })
  }
  return tally
}

/** Returns the reason of each that is refused. */
async function storeAgain(
  db: Pool,
  store: Store,
  messages: readonly DeadLetterMessage[],
): Promise<string[]> {
  const byFrame = new Map(messages.map((message) => [toFrame(message), message]))
  const { deadLetters } = await store.write(
    await store.prepare({ frames: [...byFrame.keys()], gaps: [] }),
  )
  const reasons = new Map<string, string>()
  for (const { frame, reason } of deadLetters) {
    const message = byFrame.get(frame)
    if (!message) continue
    reasons.set(message.id, reason)
    await setReason(db, message.id, reason)
    // The store has set it aside under the id of these bytes, which jsonb may have changed.
    const copy = formatId(timedId(Math.floor(frame.position.timeUs / 1_000), frame.bytes))
    if (copy !== message.id) await dropCopy(db, copy)
  }
  const stored = messages.filter(({ id }) => !reasons.has(id)).map(({ id }) => id)
  if (stored.length > 0) await markProcessed(db, stored)
  return [...reasons.values()]
}

/** As it came. Its id holds the time of its arrival to the millisecond, and gives the same id again. */
function toFrame({ id, content, host, wire, seq, timeUs, setAsideAt }: DeadLetterMessage): Frame {
  const ms = uuidMs(id)
  const exact = timeUs !== null && Math.floor(timeUs / 1_000) === ms
  return {
    bytes: content,
    position: {
      host,
      wire: wire as Wire,
      seq,
      timeUs: exact ? timeUs : ms * 1_000,
      epoch: 0,
    },
    receivedUs: setAsideAt.getTime() * 1_000,
  }
}
