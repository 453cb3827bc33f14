import { describe, expect, test } from 'vitest'
import type { Chunk } from '../../src/event/frame.ts'
import type { EventLog, LogBatch } from '../../src/eventlog/eventlog.ts'

const never = new AbortController().signal

/** What every event log promises. `open` gives an empty log that is bounded to `maxBytes`. */
export function describeEventLog(
  name: string,
  open: (maxBytes: number) => Promise<EventLog>,
): void {
  describe(name, () => {
    test('hands on frames in order, and again from an offset that was not released', async () => {
      const log = await open(1_000_000)
      for (let n = 0; n < 10; n++) await log.append(chunkOf([n]), never)
      log.end()
      const first = await readAll(log, 0, 3)
      expect(first.flatMap(numbers)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(first.map((batch) => batch.chunk.frames.length)).toEqual([3, 3, 3, 1])
      const middle = first[1]?.next ?? 0
      expect((await readAll(log, middle, 100)).flatMap(numbers)).toEqual([6, 7, 8, 9])
    })

    test('what is released is gone, what is released again stays gone, and the rest stays', async () => {
      const log = await open(1_000_000)
      for (let n = 0; n < 4; n++) await log.append(chunkOf([n]), never)
      const [first, second] = await Promise.all([readOne(log, 0, 1), readOne(log, 1, 1)])
      log.release(second.next)
      log.release(first.next)
      log.end()
      expect((await readAll(log, second.next, 10)).flatMap(numbers)).toEqual([2, 3])
      await expect(readAll(log, first.next, 10)).rejects.toThrow('released')
    })

    test('a full log makes the writer wait until room is released', async () => {
      const log = await open(1_000)
      await log.append(chunkOf([1, 2, 3]), never)
      let accepted = false
      const second = log.append(chunkOf([4, 5, 6]), never).then(() => {
        accepted = true
      })
      const reader = log.read({ from: 0, maxFrames: 3, maxWaitMs: 5, signal: never })
      const batch = await anext(reader)
      expect(accepted).toBe(false)
      expect(log.status().waiting).toBe(1)
      log.release(batch.next)
      await second
      expect(numbers(await anext(reader))).toEqual([4, 5, 6])
    })

    test('a waiting writer is let go when it is told to stop', async () => {
      const log = await open(10)
      await log.append(chunkOf([1]), never)
      const stop = new AbortController()
      const second = log.append(chunkOf([2]), stop.signal)
      stop.abort(new Error('stopping'))
      await expect(second).rejects.toThrow('stopping')
      expect(log.status()).toMatchObject({ frames: 1, waiting: 0 })
    })

    test('one frame does not wait longer than asked for others', async () => {
      const log = await open(1_000_000)
      await log.append(chunkOf([1]), never)
      const reader = log.read({ from: 0, maxFrames: 1_000, maxWaitMs: 5, signal: never })
      expect(numbers(await anext(reader))).toEqual([1])
    })

    test('a reader does not wait for a fuller batch than a full log can give', async () => {
      const log = await open(1_000)
      const reader = log.read({ from: 0, maxFrames: 1_000, maxWaitMs: 60_000, signal: never })
      const batch = anext(reader)
      await log.append(chunkOf([1, 2, 3]), never)
      const stop = new AbortController()
      const second = log.append(chunkOf([4, 5, 6]), stop.signal)
      expect(numbers(await batch)).toEqual([1, 2, 3])
      stop.abort(new Error('stopping'))
      await expect(second).rejects.toThrow('stopping')
    })

    test('a reader that is told to stop ends', async () => {
      const log = await open(1_000_000)
      const stop = new AbortController()
      const reading = readAll(log, 0, 10, stop.signal)
      stop.abort()
      expect(await reading).toEqual([])
    })

    test('gaps travel in their place', async () => {
      const log = await open(1_000_000)
      const gap = { host: 'h', fromUs: 1, toUs: 2, reason: 'cursor-clamped' } as const
      await log.append({ frames: [], gaps: [gap] }, never)
      await log.append(chunkOf([1]), never)
      log.end()
      expect((await readAll(log, 0, 10)).flatMap(({ chunk }) => chunk.gaps)).toEqual([gap])
    })
  })
}

function chunkOf(ns: readonly number[]): Chunk {
  const frames = ns.map((n) => ({
    bytes: Buffer.from(String(n)),
    position: { host: 'h', wire: 'v1', seq: n, timeUs: n, epoch: 0 } as const,
    receivedUs: n,
  }))
  return { frames, gaps: [] }
}

function numbers({ chunk }: LogBatch): number[] {
  return chunk.frames.map(({ bytes }) => Number(bytes.toString()))
}

async function readAll(
  log: EventLog,
  from: number,
  maxFrames: number,
  signal: AbortSignal = never,
): Promise<LogBatch[]> {
  return Array.fromAsync(log.read({ from, maxFrames, maxWaitMs: 5, signal }))
}

async function readOne(log: EventLog, from: number, maxFrames: number): Promise<LogBatch> {
  return anext(log.read({ from, maxFrames, maxWaitMs: 5, signal: never }))
}

async function anext(reader: AsyncIterable<LogBatch>): Promise<LogBatch> {
  const { value } = await reader[Symbol.asyncIterator]().next()
  return value as LogBatch
}
