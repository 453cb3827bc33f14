import { expect, inject, test } from 'vitest'
import type { StorageReport } from '../../src/pipeline/storage-report.ts'
import { generateFrames } from '../../src/source/synthetic/recording.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { openFolder, runProgram } from '../support/program.ts'

test('storage tells bytes by table, bytes of an event and what is kept, and fits a database that grows', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const settings = { DATABASE_URL: database.url, STORAGE_MAX: '10GB' }
  const report = async () => {
    const ended = await runProgram(['storage', '--json'], settings)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    return JSON.parse(ended.stdout) as StorageReport
  }
  const empty = await report()
  expect(empty).toMatchObject({ events: 0, bytesPerEvent: null, daysLeft: null, nextForRoom: null })

  const todayS = Math.floor(Date.now() / 86_400_000) * 86_400
  const load = async (fromS: number, seconds: number) => {
    await using store = await openStore({ url: database.url, source: 'synthetic:1' })
    const frames = [
      ...generateFrames({ seed: 1, rate: 200, mix: '2026-07' }, fromS, fromS + seconds),
    ]
    for (let at = 0; at < frames.length; at += 5_000) {
      await store.write(await store.prepare({ frames: frames.slice(at, at + 5_000), gaps: [] }))
    }
  }
  await load(todayS - 43_200, 150)
  const first = await report()
  expect(first.events).toBeGreaterThan(15_000)
  expect(first.limit).toEqual({ bytes: 10e9, enforced: true, by: 'STORAGE_MAX' })
  const [largest] = first.tables
  expect(largest?.name).toMatch(/^bluesky_|^count_|^engagement|^author_/)
  const sum = first.tables.reduce((bytes, table) => bytes + table.bytes, 0)
  expect(Math.abs(sum - first.databaseBytes)).toBeLessThan(first.databaseBytes / 50)
  expect(first.bytesPerEvent).toBeGreaterThan(100)
  const yesterday = new Date((todayS - 86_400) * 1_000).toISOString().slice(0, 10)
  expect(first.kept.find(({ table }) => table === 'bluesky_record')).toMatchObject({
    days: 0,
    oldest: yesterday,
    newest: yesterday,
    next: null,
  })
  expect(first.nextForRoom?.partition).toBe(`bluesky_record_${yesterday.replaceAll('-', '')}`)
  expect(first.kept.find(({ table }) => table === 'count_minute')?.next?.on).toBe(
    new Date((todayS + 35 * 86_400) * 1_000).toISOString().slice(0, 10),
  )

  await load(todayS - 43_000, 300)
  const second = await report()
  const predicted =
    first.databaseBytes + (second.events - first.events) * (first.bytesPerEvent ?? Number.NaN)
  // A database this small is mostly half empty pages; npm run bench -- storage measures a large one.
  expect(second.databaseBytes / predicted).toBeGreaterThan(0.6)
  expect(second.databaseBytes / predicted).toBeLessThan(1.2)

  const shown = await runProgram(['storage'], settings)
  expect(shown.stdout).toMatch(
    /^taken +\d.* % of 9\.3 GiB \(STORAGE_MAX\)\nevents .*\ngrowth .*\nlimit in /,
  )
  expect(shown.stdout).toMatch(/^bluesky_record +\d/m)
  expect(await readRows(database.url, 'select from aged_out')).toEqual([])
})

test('storage makes no database where there is none', async () => {
  await using folder = await openFolder()
  expect(await runProgram(['storage', '--data-dir', folder.path])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^DATABASE_UNAVAILABLE/),
  })
})
