import { expect, test } from 'vitest'
import { describePart, limitOf, partOf } from './storage-limit.ts'

const GiB = 1024 ** 3
const roomy = { totalBytes: 1_000 * GiB, freeBytes: 900 * GiB }

test('a limit that was set holds; a tenth of it at most is set aside for the log', () => {
  const use = { volume: roomy, databaseBytes: 5 * GiB }
  expect(limitOf({ ...use, max: 100 * GiB, logBytes: 4 * GiB })).toEqual({
    usedBytes: 9 * GiB,
    limit: { bytes: 100 * GiB, enforced: true, by: 'STORAGE_MAX' },
  })
  expect(limitOf({ ...use, max: 10 * GiB, logBytes: 4 * GiB }).usedBytes).toBe(6 * GiB)
})

test('without one an embedded database may take 85 % of its volume, and never fills it', () => {
  const use = { max: 'auto', databaseBytes: 5 * GiB, logBytes: 4 * GiB } as const
  expect(limitOf({ ...use, volume: roomy }).limit).toEqual({
    bytes: 850 * GiB,
    enforced: true,
    by: '85 % of the volume',
  })
  const crowded = { totalBytes: 1_000 * GiB, freeBytes: 20 * GiB }
  expect(limitOf({ ...use, volume: crowded }).limit).toEqual({
    bytes: 23 * GiB,
    enforced: true,
    by: 'what is free on the volume',
  })
})

test('a server of your own has no limit but one that is set', () => {
  const use = { volume: null, databaseBytes: 5 * GiB, logBytes: 1 * GiB }
  expect(limitOf({ ...use, max: 'auto' })).toEqual({ usedBytes: 6 * GiB, limit: null })
  expect(limitOf({ ...use, max: 0 }).limit).toBeNull()
  expect(limitOf({ ...use, max: 50 * GiB }).limit).toMatchObject({
    bytes: 50 * GiB,
    enforced: true,
  })
})

test('where there is to be no limit the volume is the end, and nothing is dropped for it', () => {
  const use = limitOf({ max: 0, volume: roomy, databaseBytes: 5 * GiB, logBytes: 4 * GiB })
  expect(use.limit).toEqual({ bytes: 909 * GiB, enforced: false, by: 'the volume' })
})

test('where others have filled the volume nothing goes for them', () => {
  const volume = { totalBytes: 1_000 * GiB, freeBytes: 2 * GiB }
  const use = limitOf({ max: 'auto', volume, databaseBytes: 1 * GiB, logBytes: 1 * GiB })
  expect(use.limit).toEqual({ bytes: 0, enforced: false, by: 'what is free on the volume' })
  expect(partOf(use)).toBe(Number.POSITIVE_INFINITY)
  expect(describePart(use)).toBe('more than there is room for (what is free on the volume)')
  const large = limitOf({ max: 'auto', volume, databaseBytes: 20 * GiB, logBytes: 1 * GiB })
  expect(large.limit).toMatchObject({ bytes: 17 * GiB, enforced: true })
})
