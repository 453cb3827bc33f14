import { expect, test } from 'vitest'
import { createBacklog } from './backlog.ts'

test('a partition is behind when the brokers have more of it than was stored', async () => {
  const ends = new Map([[2, 100]])
  const backlog = createBacklog(async () => ends)
  expect(backlog.isBehind(2, 40)).toBe(false) // not known yet
  await expect.poll(() => backlog.isBehind(2, 40)).toBe(true)
  expect(backlog.isBehind(2, 100)).toBe(false)
  expect(backlog.isBehind(3, 0)).toBe(false)
})

test('brokers that do not answer tell of nothing that waits', async () => {
  let away = false
  const backlog = createBacklog(async () => {
    if (away) throw new Error('no broker')
    return new Map([[0, 9]])
  })
  await expect.poll(() => backlog.isBehind(0, 1)).toBe(true)
  away = true
  await expect.poll(() => backlog.isBehind(0, 1)).toBe(false)
})
