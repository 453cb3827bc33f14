import { setTimeout } from 'node:timers/promises'
import { AppError, errorCodes } from '../errors.ts'

const firstRetryMs = 250
const lastRetryMs = 10_000

export interface Waiting {
  readonly signal: AbortSignal
  /** Told of each failure before the next try. */
  readonly onTrouble: (error: AppError, waitMs: number) => void
}

/**
 * Does something again, waiting longer each time, until what it needs is there. Throws what trying again does not mend, and
 * the signal's reason when it aborts.
 */
export async function untilAvailable<T>(
  act: () => Promise<T>,
  { signal, onTrouble }: Waiting,
): Promise<T> {
  for (let waitMs = firstRetryMs; ; waitMs = Math.min(lastRetryMs, waitMs * 2)) {
    signal.throwIfAborted()
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof AppError && errorCodes[error.code].retry)) throw error
      onTrouble(error, waitMs)
    }
    await setTimeout(waitMs, undefined, { signal })
  }
}
