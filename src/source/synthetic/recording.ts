import type { Frame } from '../../event/frame.ts'
import { createSecondFrames, type TimedFrame } from './frames.ts'
import type { NetworkOptions } from './network.ts'

/** Name of a synthetic network in positions. */
export function hostOf(seed: number): string {
  return `synthetic:${seed}`
}

/** A frame as a source hands it on. */
export function toFrame({ timeUs, text }: TimedFrame, host: string, receivedUs: number): Frame {
  return {
    bytes: Buffer.from(text),
    position: { host, wire: 'v1', seq: null, timeUs, epoch: 0 },
    receivedUs,
  }
}

/**
 * The frames of a synthetic network from one second since 1970 up to another (not included), as if each had been received
 * at once. The same options give the same bytes: what tests and benches write into files and databases.
 */
export function* generateFrames(
  options: NetworkOptions,
  fromSecond: number,
  toSecond: number,
): Generator<Frame> {
  const framesOf = createSecondFrames(options)
  const host = hostOf(options.seed)
  for (let second = fromSecond; second < toSecond; second++) {
    for (const frame of framesOf(second)) yield toFrame(frame, host, frame.timeUs)
  }
}
