import { describe, expect, test } from 'vitest'
import {
  chunkOf,
  describeEventLog,
  never,
  numbers,
  readFrames,
  readNext,
} from '../../test/support/eventlog-contract.ts'
import { createInProcessLog } from './in-process.ts'

describeEventLog('in-process log', async () => {
  const log = createInProcessLog(1_000_000)
  return { writer: log, reader: log, async [Symbol.asyncDispose]() {} }
})

describe('memory of the in-process log', () => {
  test('a full log makes the writer wait until room is released', async () => {
    const log = createInProcessLog(1_000)
    await log.append(chunkOf([1, 2, 3]), never)
    let accepted = false
    const second = log.append(chunkOf([4, 5, 6]), never).then(() => {
      accepted = true
    })
    const reading = log.read({ from: 0, maxFrames: 3, maxWaitMs: 5, signal: never })
    const batch = await readNext(reading)
    expect(accepted).toBe(false)
    expect(log.status().waiting).toBe(1)
    log.release(batch.next)
    await second
    expect(numbers(await readNext(reading))).toEqual([4, 5, 6])
  })

  test('a waiting writer is let go when it is told to stop', async () => {
    const log = createInProcessLog(10)
    await log.append(chunkOf([1]), never)
    const stop = new AbortController()
    const second = log.append(chunkOf([2]), stop.signal)
    stop.abort(new Error('stopping'))
    await expect(second).rejects.toThrow('stopping')
    expect(log.status()).toMatchObject({ frames: 1, waiting: 0 })
  })

  test('a reader does not wait for a fuller batch than a full log can give', async () => {
    const log = createInProcessLog(1_000)
    const reading = log.read({ from: 0, maxFrames: 1_000, maxWaitMs: 60_000, signal: never })
    const batch = readNext(reading)
    await log.append(chunkOf([1, 2, 3]), never)
    const stop = new AbortController()
    const second = log.append(chunkOf([4, 5, 6]), stop.signal)
    expect(numbers(await batch)).toEqual([1, 2, 3])
    stop.abort(new Error('stopping'))
    await expect(second).rejects.toThrow('stopping')
  })

  test('what is released is gone', async () => {
    const log = createInProcessLog(1_000_000)
    for (let n = 0; n < 2; n++) await log.append(chunkOf([n]), never)
    const [first] = await readFrames(log, 0, 1, 1)
    log.release(first?.next ?? 0)
    await expect(readFrames(log, 0, 1, 1)).rejects.toThrow('released')
  })

  test('readers get what is left at the end, and finish', async () => {
    const log = createInProcessLog(1_000_000)
    await log.append(chunkOf([1]), never)
    log.end()
    const reading = log.read({ from: 0, maxFrames: 10, maxWaitMs: 5, signal: never })
    expect((await Array.fromAsync(reading)).flatMap(numbers)).toEqual([1])
  })
})
