import { formatCount } from '../pipeline/numbers.ts'
import { replayDeadLetters } from '../pipeline/replay-dead-letters.ts'
import type { CommandContext } from './command-context.ts'
import { chooseDeadLetters, type DlqFlags, openDlq } from './dlq.ts'
import { cleanText } from './terminal-text.ts'

/** Stores messages that were set aside again. False where some were refused again, or where it was stopped before the end. */
export async function dlqReplay(
  id: string | undefined,
  flags: DlqFlags,
  { signal }: CommandContext,
): Promise<boolean> {
  const choice = chooseDeadLetters(id, flags)
  await using dlq = await openDlq(flags)
  const progress = flags.json !== true && process.stderr.isTTY
  const { stored, refused, reasons } = await replayDeadLetters({
    url: dlq.url,
    choice,
    signal,
    onProgress(tally) {
      if (progress) process.stderr.write(`\r${formatCount(tally.stored + tally.refused)} tried`)
    },
  })
  if (progress) process.stderr.write('\r\u001b[K')
  const finished = !signal.aborted
  if (flags.json) console.log(JSON.stringify({ finished, stored, refused, reasons }))
  else {
    console.log(
      `${formatCount(stored)} stored and dealt with, ${formatCount(refused)} still set aside`,
    )
    for (const [reason, n] of Object.entries(reasons)) {
      console.log(`  ${formatCount(n)}: ${cleanText(reason)}`)
    }
    if (!finished) console.log('Interrupted; the same command goes on from here')
  }
  return finished && refused === 0
}
