import { SingleBar } from 'cli-progress'
import type { RecountProgress } from '../store/recount/recount.ts'

export interface RecountBar extends Disposable {
  update(progress: RecountProgress): void
  /** Takes it off the terminal, until the next update. */
  clear(): void
}

/** Shows on a terminal which table is read, compared or corrected, and how far. */
export function openRecountBar(json: boolean): RecountBar {
  if (json || !process.stderr.isTTY) {
    return { update: () => undefined, clear: () => undefined, [Symbol.dispose]: () => undefined }
  }
  let bar: SingleBar | null = null
  let shown: RecountProgress['doing'] | null = null
  const clear = () => {
    bar?.stop()
    bar = null
  }
  return {
    update({ doing, table, partition, rows, of }) {
      if (doing !== shown) clear()
      shown = doing
      if (!bar) {
        bar = new SingleBar({
          format: '{bar} {percentage} % · {doing} {name}',
          stream: process.stderr,
          barsize: 30,
          hideCursor: true,
          clearOnComplete: true,
        })
        bar.start(1, 0, { doing, name: table })
      }
      bar.setTotal(Math.max(1, of))
      bar.update(Math.min(rows, Math.max(1, of)), { doing, name: partition ?? table })
    },
    clear,
    [Symbol.dispose]: clear,
  }
}
