import { expect, test } from 'vitest'
import { PartitionTasks } from './partition-tasks.ts'

test('each partition has one task at a time, though it is taken away and given back', async () => {
  const stop = new AbortController()
  const log: string[] = []
  const finish = new Map<number, () => void>()
  const tasks = new PartitionTasks(async (partition, until) => {
    log.push(`start ${partition}`)
    const { promise, resolve } = Promise.withResolvers<void>()
    until.addEventListener('abort', () => log.push(`stop ${partition}`))
    finish.set(partition, resolve)
    await promise
    log.push(`end ${partition}`)
  }, stop.signal)

  tasks.assign([1, 0])
  await expect.poll(() => log).toEqual(['start 1', 'start 0'])
  tasks.assign([1])
  expect(tasks.partitions).toEqual([1])
  tasks.assign([0, 1])
  expect(tasks.partitions).toEqual([0, 1])
  // What 0 has in hand is not finished yet: its next task waits.
  expect(log).toEqual(['start 1', 'start 0', 'stop 0'])
  finish.get(0)?.()
  await expect.poll(() => log).toEqual(['start 1', 'start 0', 'stop 0', 'end 0', 'start 0'])

  stop.abort()
  const ended = tasks.ended()
  for (const partition of [0, 1]) finish.get(partition)?.()
  await ended
  expect(log.slice(-4)).toEqual(['stop 1', 'stop 0', 'end 0', 'end 1'])
})

test('nothing is started after the end', async () => {
  const tasks = new PartitionTasks(async () => {
    throw new Error('started')
  }, AbortSignal.abort())
  tasks.assign([0])
  expect(tasks.partitions).toEqual([])
  await tasks.ended()
})
