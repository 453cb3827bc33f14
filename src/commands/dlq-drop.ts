import { AppError } from '../errors.ts'
import { formatCount } from '../pipeline/numbers.ts'
import { countReasons, dropDeadLetters } from '../store/dead-letters.ts'
import { askToType } from './ask.ts'
import type { CommandContext } from './command-context.ts'
import { chooseDeadLetters, type DlqFlags, openDlq } from './dlq.ts'

export interface DlqDropFlags extends DlqFlags {
  readonly yes?: boolean
}

const messagesAtOnce = 1_000

/** Deletes messages that wait, for good. Throws `USAGE_INVALID` where nobody can be asked, `NOT_FOUND` for an unknown id. */
export async function dlqDrop(
  id: string | undefined,
  flags: DlqDropFlags,
  { signal }: CommandContext,
): Promise<void> {
  const choice = chooseDeadLetters(id, flags)
  await using dlq = await openDlq(flags)
  const waiting = (await countReasons(dlq.db, choice)).reduce((sum, { n }) => sum + n, 0)
  if (choice.id !== undefined && waiting === 0) {
    throw new AppError('NOT_FOUND', `no message ${choice.id} waits`, {
      hint: 'dlq list shows those that do.',
    })
  }
  if (flags.yes !== true && waiting > 0) {
    await askToType(String(waiting), {
      loss: `${formatCount(waiting)} messages would be deleted for good`,
      question: 'Type how many to go on',
      signal,
    })
  }
  let dropped = 0
  while (!signal.aborted) {
    const n = await dropDeadLetters(dlq.db, choice, messagesAtOnce)
    if (n === 0) break
    dropped += n
  }
  console.log(flags.json ? JSON.stringify({ dropped }) : `${formatCount(dropped)} messages dropped`)
}
