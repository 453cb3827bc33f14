import { describe, expect, test } from 'vitest'
import type { Chunk } from '../../src/event/frame.ts'
import type { LogBatch, LogReader, LogWriter } from '../../src/eventlog/eventlog.ts'

/** An empty log of one partition, and how to write and read it. */
export interface OpenedLog extends AsyncDisposable {
  readonly writer: LogWriter
  readonly reader: LogReader
}

/** What every event log promises. */
export function describeEventLog(name: string, open: () => Promise<OpenedLog>): void {
  describe(name, () => {
    test('hands on frames in order, and again from an offset that was not released', async () => {
      await using log = await open()
      for (let n = 0; n < 10; n++) await log.writer.append(chunkOf([n]), never)
      const first = await readFrames(log.reader, 0, 3, 10)
      expect(first.flatMap(numbers)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(first.map((batch) => batch.chunk.frames.length)).toEqual([3, 3, 3, 1])
      const middle = first[1]?.next ?? 0
      expect((await readFrames(log.reader, middle, 100, 4)).flatMap(numbers)).toEqual([6, 7, 8, 9])
    })

    test('hands on each frame as it came: bytes, position and arrival', async () => {
      await using log = await open()
      const positions = [
        {
          host: 'wss://one.example',
          wire: 'v1',
          seq: null,
          timeUs: 1_783_175_888_108_780,
          epoch: 0,
        },
        { host: 'wss://two.example', wire: 'v2', seq: 9_007_199_254_740_991, timeUs: 3, epoch: 7 },
      ] as const
      const frames = positions.map((position, index) => ({
        bytes: Buffer.from(`{"did":"did:plc:abc","n":"\u{1F9C0} ${index}"}`),
        position,
        receivedUs: 1_783_175_888_200_001 + index,
      }))
      await log.writer.append({ frames, gaps: [] }, never)
      const batches = await readFrames(log.reader, 0, 10, 2)
      expect(batches.flatMap(({ chunk }) => chunk.frames)).toEqual(frames)
    })

    test('one frame does not wait longer than asked for others', async () => {
      await using log = await open()
      await log.writer.append(chunkOf([1]), never)
      const reading = log.reader.read({ from: 0, maxFrames: 1_000, maxWaitMs: 5, signal: never })
      expect(numbers(await readNext(reading))).toEqual([1])
    })

    test('a reader gets what is appended while it waits', async () => {
      await using log = await open()
      const reading = log.reader.read({ from: 0, maxFrames: 10, maxWaitMs: 20, signal: never })
      const batch = readNext(reading)
      await log.writer.append(chunkOf([1]), never)
      expect(numbers(await batch)).toEqual([1])
    })

    test('a reader that is told to stop ends', async () => {
      await using log = await open()
      const stop = new AbortController()
      const reading = Array.fromAsync(
        log.reader.read({ from: 0, maxFrames: 10, maxWaitMs: 5, signal: stop.signal }),
      )
      stop.abort()
      expect(await reading).toEqual([])
    })

    test('a writer that was told to stop appends nothing', async () => {
      await using log = await open()
      const stopped = AbortSignal.abort(new Error('stopping'))
      await expect(log.writer.append(chunkOf([1]), stopped)).rejects.toThrow('stopping')
      await log.writer.append(chunkOf([2]), never)
      expect((await readFrames(log.reader, 0, 10, 1)).flatMap(numbers)).toEqual([2])
    })

    test('gaps travel in their place', async () => {
      await using log = await open()
      const gap = { host: 'h', fromUs: 1, toUs: 2, reason: 'cursor-clamped' } as const
      await log.writer.append({ frames: [], gaps: [gap] }, never)
      await log.writer.append(chunkOf([1]), never)
      const batches = await readFrames(log.reader, 0, 10, 1)
      expect(batches.flatMap(({ chunk }) => chunk.gaps)).toEqual([gap])
    })

    test('what is released again stays as it is, and the rest stays', async () => {
      await using log = await open()
      for (let n = 0; n < 4; n++) await log.writer.append(chunkOf([n]), never)
      const [first, second] = await readFrames(log.reader, 0, 1, 2)
      if (!first || !second) throw new Error('two batches were expected')
      log.reader.release(second.next)
      log.reader.release(first.next)
      expect((await readFrames(log.reader, second.next, 10, 2)).flatMap(numbers)).toEqual([2, 3])
    })
  })
}

export const never = new AbortController().signal

export function chunkOf(ns: readonly number[]): Chunk {
  const frames = ns.map((n) => ({
    bytes: Buffer.from(String(n)),
    position: { host: 'h', wire: 'v1', seq: n, timeUs: n, epoch: 0 } as const,
    receivedUs: n,
  }))
  return { frames, gaps: [] }
}

export function numbers({ chunk }: LogBatch): number[] {
  return chunk.frames.map(({ bytes }) => Number(bytes.toString()))
}

/** Batches from an offset until so many frames have come. */
export async function readFrames(
  reader: LogReader,
  from: number,
  maxFrames: number,
  frames: number,
): Promise<LogBatch[]> {
  const batches: LogBatch[] = []
  let seen = 0
  for await (const batch of reader.read({ from, maxFrames, maxWaitMs: 50, signal: never })) {
    batches.push(batch)
    seen += batch.chunk.frames.length
    if (seen >= frames) break
  }
  return batches
}

export async function readNext(reading: AsyncIterable<LogBatch>): Promise<LogBatch> {
  const { value } = await reading[Symbol.asyncIterator]().next()
  return value as LogBatch
}
