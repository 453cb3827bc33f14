import { expect, inject, test } from 'vitest'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { framesOf } from '../support/events.ts'
import { type Ended, runProgram } from '../support/program.ts'
import { type HistoryOptions, variedHistory } from '../support/varied-history.ts'

async function openStored(options: HistoryOptions): Promise<TestDatabase> {
  await using scope = new AsyncDisposableStack()
  const db = scope.use(await openTestDatabase(inject('databaseUrl')))
  await using store = await openStore({ url: db.url, source: 'jetstream' })
  const frames = framesOf(variedHistory(options))
  for (let i = 0; i < frames.length; i += 5_000) {
    const chunk = { frames: frames.slice(i, i + 5_000), gaps: [] }
    await store.write(await store.prepare(chunk))
  }
  scope.move()
  return db
}

function run(db: TestDatabase, command: string, settings = {}): Promise<Ended> {
  return runProgram(command.split(' '), { DATABASE_URL: db.url, ...settings })
}

test('verify says what it compared and ends with 0; with 1 where a number is wrong, which recount corrects', async () => {
  await using db = await openStored({ seed: 21, events: 2_000 })
  const right = await run(db, 'verify')
  expect(right).toMatchObject({ code: 0, stderr: '' })
  expect(right.stdout).toMatch(/coverage +100\.00 % of 2026-05-25T/)
  expect(right.stdout).toMatch(/engagement: likes, reposts, replies, quotes +\d+ +0/)
  expect(right.stdout).toMatch(/✓ [\d,]+ numbers compared; every one is what the rows say$/m)

  await readRows(
    db.url,
    `update count_hour set n = n + 7 where (dimension, key) = ('kind', 'reply') and bucket = '2026-05-25 20:00+00'`,
  )
  const wrong = await run(db, 'verify --json')
  expect(wrong.code).toBe(1)
  const { ok, differences, first } = JSON.parse(wrong.stdout)
  expect({ ok, differences }).toEqual({ ok: false, differences: 1 })
  const [difference] = first
  expect(difference).toMatchObject({
    tally: 'count_hour',
    field: 'n',
    bucket: '2026-05-25T20:00:00.000Z',
    dimension: 'kind',
    key: 'reply',
  })
  expect(difference.stored - difference.recounted).toBe(7)
  expect((await run(db, 'verify')).stdout).toContain('count_hour.n  2026-05-25T20:00Z kind reply')

  const unasked = await run(db, 'recount')
  expect(unasked.code).toBe(2)
  expect(unasked.stderr).toMatch(
    /1 numbers? would be changed to what rows say, and there is nobody/,
  )
  const corrected = await run(db, 'recount --yes')
  expect(corrected.code).toBe(0)
  expect(corrected.stdout).toContain('1 numbers corrected: 1 of count_hour')
  expect((await run(db, 'verify')).code).toBe(0)
  expect((await run(db, 'recount')).stdout).toContain('Nothing differs.')
})

test('a range is whole days, and a dimension is one that is counted', async () => {
  await using db = await openStored({ seed: 22, events: 2_000 })
  await readRows(db.url, `update count_day set n = n + 1 where bucket < '2026-05-26'`)
  const later = await run(db, 'verify --from 2026-05-26T13:00:00Z')
  expect(later).toMatchObject({ code: 0 })
  expect(later.stdout).toContain('2026-05-26 to now, whole UTC days')
  expect(await run(db, 'verify --from 2026-05-25 --to 2026-05-25T01:00:00Z')).toMatchObject({
    code: 1,
  })
  const empty = await run(db, 'verify --to 2026-05-25')
  expect(empty).toMatchObject({ code: 0 })
  expect(empty.stdout).toContain('nothing was compared')
  expect(empty.stdout).not.toContain('✓')
  expect((await run(db, 'verify --from 2026-05-25 --to 2026-05-25')).stderr).toContain(
    'let --to be the day after',
  )
  expect(await run(db, 'recount --dimension tag --dimension kind --yes')).toMatchObject({ code: 0 })
  const left = JSON.parse((await run(db, 'verify --json')).stdout)
  const dimensions = left.first.map(({ dimension }: { dimension: string }) => dimension)
  expect(dimensions).toContain('collection')
  expect(dimensions).not.toContain('tag')
  for (const command of [
    'recount --dimension colour --yes',
    'verify --since 7d --from 2026-05-25',
    'verify --from 2026-05-26 --to 2026-05-25',
    'verify --from yesterday',
  ]) {
    expect({ command, code: (await run(db, command)).code }).toEqual({ command, code: 2 })
  }
})

test('50,000 events are recounted in little memory', { timeout: 240_000 }, async () => {
  await using db = await openStored({ seed: 23, events: 50_000, accounts: 4_000 })
  await readRows(db.url, `delete from count_minute where dimension = 'tag'`)
  const little = { NODE_OPTIONS: '--max-old-space-size=40 --max-semi-space-size=2' }
  expect(await run(db, 'verify', little)).toMatchObject({ code: 1 })
  expect(await run(db, 'recount --yes', little)).toMatchObject({ code: 0 })
  expect(await run(db, 'verify', little)).toMatchObject({ code: 0 })
})

test('verify says what rows that were dropped keep from being told', async () => {
  await using db = await openStored({ seed: 22, events: 500 })
  await runProgram(['maintain', '--once'], {
    DATABASE_URL: db.url,
    RETENTION_RECORDS_DAYS: '1',
    RETENTION_POSTS_DAYS: '1',
  })
  const { code, stdout } = await run(db, 'verify')
  expect(code).toBe(0)
  expect(stdout).toMatch(/as far as rows are kept: [\d,]+ of them are known as at least that/)
})
