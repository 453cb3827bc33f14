import { SingleBar } from 'cli-progress'

/** Where a stretch of network time (µs) has come to; `toUs` null for up to now. */
export interface TimeProgress {
  readonly fromUs: number
  readonly toUs: number | null
  /** Null before the first event. */
  readonly timeUs: number | null
}

export interface TimeBar {
  update(progress: TimeProgress): void
  /** Takes it off the terminal, until the next update. */
  clear(): void
}

/** Shows on a terminal how far a stretch of time is read. */
export function openTimeBar(json: boolean): TimeBar {
  if (json || !process.stderr.isTTY) return { update: () => undefined, clear: () => undefined }
  let bar: SingleBar | null = null
  return {
    update({ fromUs, toUs, timeUs }) {
      if (!bar) {
        bar = new SingleBar({
          format: '{bar} {percentage} % · at {time} · {eta_formatted} left',
          stream: process.stderr,
          barsize: 30,
          hideCursor: true,
          clearOnComplete: true,
        })
        bar.start(1, 0, { time: '–' })
      }
      const endUs = toUs ?? Date.now() * 1_000
      bar.setTotal(Math.max(1, endUs - fromUs))
      const done = Math.min(endUs - fromUs, Math.max(0, (timeUs ?? fromUs) - fromUs))
      const time = timeUs === null ? '–' : new Date(timeUs / 1_000).toISOString().slice(0, 19)
      bar.update(done, { time })
    },
    clear() {
      bar?.stop()
      bar = null
    },
  }
}
