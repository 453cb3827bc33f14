import { expect, test } from 'vitest'
import { createAnswerCache, matchesTag } from './answer-cache.ts'

const open = () => new AbortController().signal

test('those who ask the same at the same time get one answer', async () => {
  const cache = createAnswerCache()
  let asked = 0
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const compute = () => {
    asked += 1
    return promise
  }
  const answers = [
    cache.get('a', { ms: 0 }, compute, open()),
    cache.get('a', { ms: 0 }, compute, open()),
  ]
  resolve(Buffer.from('one'))
  expect(await Promise.all(answers)).toMatchObject([{ bytes: Buffer.from('one') }, {}])
  expect(asked).toBe(1)
  await cache.get('a', { ms: 0 }, compute, open())
  expect(asked).toBe(2) // 0 ms: not kept
})

test('an answer is kept for its time, and ten times as long as it took', async () => {
  let nowMs = 0
  const cache = createAnswerCache(() => nowMs)
  let asked = 0
  const taking = (ms: number) => async () => {
    nowMs += ms
    asked += 1
    return Buffer.from(String(asked))
  }
  await cache.get('quick', { ms: 2_000 }, taking(1), open())
  nowMs = 1_999
  await cache.get('quick', { ms: 2_000 }, taking(1), open())
  expect(asked).toBe(1)
  nowMs = 2_002
  await cache.get('quick', { ms: 2_000 }, taking(1), open())
  expect(asked).toBe(2)
  await cache.get('dear', { ms: 2_000 }, taking(1_000), open())
  nowMs += 9_999
  await cache.get('dear', { ms: 2_000 }, taking(1_000), open())
  expect(asked).toBe(3)
})

test('words of people are kept for a bounded time after they were looked up, however long that took', async () => {
  let nowMs = 0
  const cache = createAnswerCache(() => nowMs)
  let asked = 0
  const taking = (ms: number) => async () => {
    nowMs += ms
    asked += 1
    return Buffer.from(String(asked))
  }
  const keep = { ms: 2_000, mostMs: 3_000 }
  await cache.get('top', keep, taking(1_000), open())
  nowMs = 2_999
  await cache.get('top', keep, taking(0), open())
  expect(asked).toBe(1)
  nowMs = 3_000
  await cache.get('top', keep, taking(4_000), open())
  await cache.get('top', keep, taking(0), open())
  expect(asked).toBe(3)
})

test('a failure is told to all who wait, and not kept', async () => {
  const cache = createAnswerCache()
  const failing = () => Promise.reject(new Error('no database'))
  const both = [
    cache.get('a', { ms: 5_000 }, failing, open()),
    cache.get('a', { ms: 5_000 }, failing, open()),
  ]
  for (const one of both) await expect(one).rejects.toThrow('no database')
  const { bytes } = await cache.get('a', { ms: 5_000 }, async () => Buffer.from('back'), open())
  expect(bytes.toString()).toBe('back')
})

test('computing stops when the last one who waits has gone, not before', async () => {
  const cache = createAnswerCache()
  let stopped = false
  const compute = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => {
      stopped = true
    })
    return new Promise<Buffer>(() => undefined)
  }
  const first = new AbortController()
  const second = new AbortController()
  const answers = [
    cache.get('a', { ms: 0 }, compute, first.signal),
    cache.get('a', { ms: 0 }, compute, second.signal),
  ]
  first.abort(new Error('gone'))
  await expect(answers[0]).rejects.toThrow('gone')
  expect(stopped).toBe(false)
  second.abort(new Error('gone too'))
  await expect(answers[1]).rejects.toThrow('gone too')
  expect(stopped).toBe(true)
})

test('what is kept is bounded', async () => {
  const cache = createAnswerCache()
  let asked = 0
  const big = async () => {
    asked += 1
    return Buffer.alloc(20 * 1024 * 1024)
  }
  await cache.get('a', { ms: 60_000 }, big, open())
  await cache.get('b', { ms: 60_000 }, big, open()) // no room for both: the older one goes
  await cache.get('b', { ms: 60_000 }, big, open())
  expect(asked).toBe(2)
  await cache.get('a', { ms: 60_000 }, big, open())
  expect(asked).toBe(3)
})

test.each([
  [undefined, false],
  ['"x"', true],
  ['W/"x"', true],
  ['"a", W/"x"', true],
  ['*', true],
  ['"xx"', false],
  ['', false],
])('If-None-Match %s against W/"x": %s', (header, same) => {
  expect(matchesTag(header, 'W/"x"')).toBe(same)
})
