import { setTimeout } from 'node:timers/promises'
import { type AppError, errorCodes } from '../../errors.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { explainKafka, isMissingTopic } from './errors.ts'

const firstWaitMs = 200
const lastWaitMs = 2_000

export interface PatientOptions {
  /** What is tried, such as "cannot read partition 3". */
  readonly attempt: string
  readonly signal: AbortSignal
  /** Told of each failure before the next try, and once with null when it went well after all. */
  readonly onTrouble: (error: AppError | null) => void
}

/**
 * Does something with Kafka again until it goes well, waiting longer each time, at most 2 s. Throws the reason of the signal
 * when it aborts, and an `AppError` that trying again does not mend; a topic that is not there gets a few seconds to appear.
 */
export async function patiently<T>(act: () => Promise<T>, options: PatientOptions): Promise<T> {
  const { attempt, signal, onTrouble } = options
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(lastWaitMs, waitMs * 2)) {
    try {
      const result = await unlessAborted(act(), signal)
      if (waitMs > firstWaitMs) onTrouble(null)
      return result
    } catch (cause) {
      signal.throwIfAborted()
      const error = explainKafka(cause, attempt)
      const mayPass = errorCodes[error.code].retry || (isMissingTopic(cause) && waitMs < lastWaitMs)
      if (!mayPass) throw error
      onTrouble(error)
    }
    await setTimeout(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}
