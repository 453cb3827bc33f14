import { setTimeout } from 'node:timers/promises'
import { untilReaderGone } from './reader-gone.ts'

const everyMs = 2_000

/**
 * Prints a page once, or with `watch` again every two seconds until the signal aborts: over the page before on a terminal,
 * below it elsewhere. Resolves to what the last page said.
 */
export async function showPage(
  { watch, signal: stop }: { readonly watch: boolean; readonly signal: AbortSignal },
  page: () => Promise<{ readonly text: string; readonly ok: boolean }>,
): Promise<boolean> {
  const signal = untilReaderGone(stop)
  for (;;) {
    const { text, ok } = await page()
    if (watch && process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J')
    console.log(text)
    if (!watch) return ok
    await setTimeout(everyMs, undefined, { signal }).catch(() => undefined) // aborted: the loop ends
    if (signal.aborted) return true
  }
}
