import type { Frame, Gap } from '../../src/event/frame.ts'
import type { Source } from '../../src/source/source.ts'

/** Everything a source hands out, kept, with a way to wait for it. */
export interface Collected {
  readonly frames: Frame[]
  readonly gaps: Gap[]
  /** Resolves when the condition holds after a chunk; rejects when the source ends before. */
  until(condition: () => boolean): Promise<void>
  /** When the source has ended; rejects with its error. */
  readonly done: Promise<void>
}

export function collectChunks(source: Source): Collected {
  const frames: Frame[] = []
  const gaps: Gap[] = []
  let progress = Promise.withResolvers<boolean>()

  async function read(): Promise<void> {
    try {
      for await (const chunk of source.chunks()) {
        gaps.push(...chunk.gaps)
        frames.push(...chunk.frames)
        progress.resolve(true)
        progress = Promise.withResolvers()
      }
    } finally {
      progress.resolve(false)
    }
  }
  const done = read()
  done.catch(() => {}) // whoever cares awaits `done`

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (!(await progress.promise)) {
        await done
        if (condition()) return
        throw new Error('the source ended before the condition held')
      }
    }
  }
  return { frames, gaps, until, done }
}
