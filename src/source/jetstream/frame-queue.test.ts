import { expect, test } from 'vitest'
import type { Frame, Gap } from '../../event/frame.ts'
import { FrameQueue } from './frame-queue.ts'

function frame(seq: number, bytes = 744): Frame {
  const position = { host: 'h', wire: 'v2', seq, timeUs: seq, epoch: 0 } as const
  return { bytes: Buffer.alloc(bytes), position, receivedUs: seq }
}
const gap: Gap = { host: 'h', fromUs: 1, toUs: 2, reason: 'cursor-clamped' }

function seqs(queue: FrameQueue): (number | null)[] | undefined {
  return queue.take()?.frames.map(({ position }) => position.seq)
}

test('hands out all that is queued at once, in order', () => {
  const queue = new FrameQueue(10_000)
  queue.push(frame(1))
  queue.push(frame(2))
  expect(seqs(queue)).toEqual([1, 2])
  expect(queue.take()).toBeNull()
  expect(queue.bytes).toBe(0)
})

test('hands out no more than a few hundred frames at a time, whatever waits', () => {
  const queue = new FrameQueue(10_000_000)
  for (let i = 0; i < 1_200; i++) queue.push(frame(i, 0))
  expect([1, 2, 3].map(() => seqs(queue)?.length)).toEqual([500, 500, 200])
  expect(queue.bytes).toBe(0)
})

test('a gap comes before the frames that follow it and after those before it', () => {
  const queue = new FrameQueue(10_000)
  queue.push(frame(1))
  queue.pushGap(gap)
  queue.push(frame(2))
  expect(queue.take()).toMatchObject({ frames: [{ position: { seq: 1 } }], gaps: [] })
  expect(queue.take()).toMatchObject({ frames: [{ position: { seq: 2 } }], gaps: [gap] })
})

test('counts what a frame weighs beside its bytes: empty frames fill it too', () => {
  const queue = new FrameQueue(10_000)
  for (let i = 0; i < 39; i++) queue.push(frame(i, 0))
  expect(queue.isFull).toBe(false)
  queue.push(frame(40, 0))
  expect(queue.isFull).toBe(true)
})

test('has room again when half is free', async () => {
  const queue = new FrameQueue(4_000)
  for (let i = 0; i < 2; i++) queue.push(frame(i))
  queue.pushGap(gap)
  for (let i = 0; i < 3; i++) queue.push(frame(i))
  const room = queue.waitForRoom(new AbortController().signal)
  queue.take()
  expect(queue.hasRoom).toBe(false)
  queue.take()
  await room
  expect(queue.hasRoom).toBe(true)
})

test('waiting for room ends with the signal', async () => {
  const queue = new FrameQueue(100)
  queue.push(frame(1))
  const stop = new AbortController()
  const room = queue.waitForRoom(stop.signal)
  stop.abort()
  await room
  expect(queue.hasRoom).toBe(false)
})

test('what is queued is handed out before the end, and the error comes last', async () => {
  const queue = new FrameQueue(10_000)
  queue.push(frame(1))
  queue.end(new Error('refused'))
  expect(await queue.waitForData()).toBe(true)
  queue.take()
  await expect(queue.waitForData()).rejects.toThrow('refused')
})

test('waiting for data ends when there will be none', async () => {
  const queue = new FrameQueue(10_000)
  const data = queue.waitForData()
  queue.end()
  expect(await data).toBe(false)
})
