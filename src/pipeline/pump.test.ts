import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Chunk } from '../event/frame.ts'
import type { LogWriter } from '../eventlog/eventlog.ts'
import { describeLog, pump } from './pump.ts'

const never = new AbortController().signal

test('everything comes through in order, however slow the log is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3)), fc.array(fc.nat(4)), async (sizes, turns) => {
      let next = 0
      const chunks = sizes.map((size) => chunkOf(Array.from({ length: size }, () => next++)))
      const log = openLog(turns)
      await pump({ chunks: () => slowly(chunks, turns.toReversed()) }, log, never)
      expect(log.taken).toEqual(Array.from({ length: next }, (_, n) => n))
      expect(log.ended).toBe(true)
    }),
  )
})

test('what comes while the log is busy is handed on together, up to a bound', async () => {
  const log = openLog([1_000, 1_000])
  const megabyte = 1024 * 1024
  const chunks = [1, 2, 3, 4, 5].map((n) => chunkOf([n], megabyte / 2))
  await pump({ chunks: () => slowly(chunks, []) }, log, never)
  expect(log.appended).toEqual([[1], [2, 3], [4, 5]])
})

test('a log that fails ends the pumping', async () => {
  const log = openLog([])
  const failing: LogWriter = { ...log, append: () => Promise.reject(new Error('no more')) }
  const forever = async function* () {
    for (;;) yield chunkOf([1])
  }
  await expect(pump({ chunks: forever }, failing, never)).rejects.toThrow('no more')
})

async function* slowly(chunks: readonly Chunk[], turns: readonly number[]): AsyncGenerator<Chunk> {
  for (const [index, chunk] of chunks.entries()) {
    await wait(turns[index] ?? 0)
    yield chunk
  }
}

/** A log that needs so many turns of the event loop for each chunk. */
function openLog(turns: readonly number[]) {
  const appended: number[][] = []
  const log = {
    appended,
    ended: false,
    get taken() {
      return appended.flat()
    },
    async append({ frames }: Chunk) {
      const index = appended.length
      appended.push(frames.map(({ receivedUs }) => receivedUs))
      await wait(turns[index] ?? 0)
    },
    end() {
      log.ended = true
    },
    status: () => ({ frames: 0, bytes: 0, maxBytes: 1, waiting: 0, trouble: null }),
  }
  return log
}

async function wait(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
}

test('a log in memory says how much room it has, one in Kafka what is on its way there', () => {
  const status = { frames: 3, bytes: 25, maxBytes: 100, waiting: 0, trouble: null }
  expect(describeLog(status)).toEqual(['ok', '3 events waiting, 75 % free'])
  expect(describeLog({ ...status, maxBytes: null, bytes: 9_999 })).toEqual([
    'ok',
    '3 events on their way to Kafka',
  ])
})

function chunkOf(ns: readonly number[], size = 1): Chunk {
  const frames = ns.map((n) => ({
    bytes: Buffer.alloc(size),
    position: { host: 'h', wire: 'v1', seq: n, timeUs: n, epoch: 0 } as const,
    receivedUs: n,
  }))
  return { frames, gaps: [] }
}
