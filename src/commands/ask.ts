import { createInterface } from 'node:readline/promises'
import { AppError } from '../errors.ts'

export interface Question {
  /** What would be lost, as a sentence without its stop. */
  readonly loss: string
  /** What to type, without its colon. */
  readonly question: string
  readonly signal: AbortSignal
}

/**
 * Asks the person at the terminal to type a word before something is lost. Throws `USAGE_INVALID` where the answer is another,
 * or where there is nobody to ask.
 */
export async function askToType(word: string, { loss, question, signal }: Question): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new AppError('USAGE_INVALID', `${loss}, and there is nobody to ask`, {
      hint: 'Run it on a terminal, or say --yes where it is meant.',
    })
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const stopped = new AbortController()
  // While a line is being read Ctrl-C comes as a key, not as a signal.
  terminal.once('SIGINT', () => stopped.abort())
  try {
    const answer = await terminal
      .question(`${loss}.\n${question}: `, { signal: AbortSignal.any([signal, stopped.signal]) })
      .catch(() => null)
    if (answer?.trim() === word) return
    throw new AppError('USAGE_INVALID', 'nothing was changed', {
      hint: answer === null ? 'It was interrupted.' : `The answer was not ${word}.`,
    })
  } finally {
    terminal.close()
  }
}
