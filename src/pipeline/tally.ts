import type { Logger } from '../telemetry/logger.ts'
import type { Stored } from './persist.ts'

const summaryMs = 60_000

export interface Tally extends Disposable {
  add(stored: Stored): void
}

/**
 * Says once a minute in the log what was stored in it, and nothing where nothing was.
 *
 * @param about what else the line tells
 */
export function openTally(logger: Logger, about: () => object): Tally {
  const none = { frames: 0, deadLetters: 0, batches: 0, slowestMs: 0 }
  let sum = none
  const timer = setInterval(() => {
    if (sum.batches > 0) logger.info({ ...sum, ...about() }, 'stored')
    sum = none
  }, summaryMs)
  timer.unref()
  return {
    add({ frames, deadLetters, commitMs }) {
      sum = {
        frames: sum.frames + frames,
        deadLetters: sum.deadLetters + deadLetters,
        batches: sum.batches + 1,
        slowestMs: Math.max(sum.slowestMs, Math.round(commitMs)),
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
