import { setTimeout } from 'node:timers/promises'
import type { Frame } from '../event/frame.ts'

/** As recorded, that many times as fast, or as fast as it goes. */
export type Speed = 'recorded' | 'max' | number

/** How long frames may be handed on together when the recording's own pace is kept, ms of own clock. */
const tickMs = 50
/** A step of the recorded clock beyond this, either way, is no pause but another recording, or nonsense: nobody waits for it. */
const longestPauseUs = 3_600_000_000

/** Hands frames on at the pace of their times, or at once. Throws where the signal aborts while waiting. */
export function createPace(
  speed: Speed,
  signal: AbortSignal,
): (frames: readonly Frame[]) => AsyncGenerator<readonly Frame[]> {
  const times = speed === 'recorded' ? 1 : speed
  let begun: { readonly ownMs: number; readonly timeUs: number } | null = null
  let lastUs = 0
  return async function* pace(frames) {
    if (times === 'max') {
      yield frames
      return
    }
    for (let from = 0; from < frames.length; ) {
      const timeUs = timeOf(frames[from])
      if (begun === null || isBreak(lastUs, timeUs)) begun = { ownMs: performance.now(), timeUs }
      const dueMs = begun.ownMs + (timeUs - begun.timeUs) / 1_000 / times
      const waitMs = dueMs - performance.now()
      if (waitMs > 1) await setTimeout(waitMs, undefined, { signal })
      const untilUs = timeUs + tickMs * 1_000 * times
      let to = from + 1
      while (to < frames.length && isWithin(timeOf(frames[to]), timeUs, untilUs)) to++
      yield frames.slice(from, to)
      lastUs = timeOf(frames[to - 1])
      from = to
    }
  }
}

function isWithin(timeUs: number, fromUs: number, untilUs: number): boolean {
  return timeUs < untilUs && !isBreak(fromUs, timeUs)
}

function isBreak(lastUs: number, timeUs: number): boolean {
  return Math.abs(timeUs - lastUs) > longestPauseUs
}

function timeOf(frame: Frame | undefined): number {
  return frame?.position.timeUs ?? 0
}
