import { expect, inject, test } from 'vitest'
import { openPool } from '../../src/db/pool.ts'
import { readDeadLetters } from '../../src/store/dead-letters.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { baseUs, commit, framesOf } from '../support/events.ts'
import { runProgram } from '../support/program.ts'

const later = { did: 'did:plc:mcc5yghbk7tixqryac2yxku7', time_us: baseUs, kind: 'later' }

/** A database in which messages were set aside, and the program on it. */
async function openDlq(messages: readonly (object | string | Buffer)[]) {
  await using scope = new AsyncDisposableStack()
  const database = scope.use(await openTestDatabase(inject('databaseUrl')))
  {
    await using store = await openStore({ url: database.url, source: null })
    await store.write(await store.prepare({ frames: framesOf(messages), gaps: [] }))
  }
  const owned = scope.move()
  return {
    url: database.url,
    dlq: (...args: string[]) => runProgram(['dlq', ...args], { DATABASE_URL: database.url }),
    rows: () =>
      readRows<{ id: string; error: string; processed: boolean }>(
        database.url,
        'select id, error, processed from raw_message order by id',
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test('list groups by reason and pages by key, show prints what came', async () => {
  const escaping = Buffer.from('\u001b[31mred')
  await using aside = await openDlq(['garbage', escaping, Buffer.from([0xff, 0]), later])
  const first = await aside.dlq('list', '--json', '--limit', '3')
  expect(first.code).toBe(0)
  const page = JSON.parse(first.stdout) as {
    reasons: object[]
    messages: { id: string }[]
    next: string
  }
  expect(page.reasons).toMatchObject([
    { reason: 'not-json', n: 3 },
    { reason: 'unknown-kind', n: 1 },
  ])
  const second = await aside.dlq('list', '--json', '--limit', '3', '--before', page.next)
  const rest = JSON.parse(second.stdout) as typeof page
  const listed = [...page.messages, ...rest.messages].map(({ id }) => id)
  expect(listed.sort()).toEqual((await aside.rows()).map(({ id }) => id))
  const known = await aside.dlq('list', '--reason', 'unknown')
  expect(known.stdout).toMatch(/unknown-kind +1 /)
  expect(known.stdout).not.toMatch(/not-json/)

  const shown = await Promise.all(listed.map((id) => aside.dlq('show', id)))
  const all = shown.map(({ stdout }) => stdout).join('\n')
  expect(all).toMatch(/garbage/)
  expect(all).toMatch(/1b 5b 33 31 6d 72 65 64 +\.\[31mred/)
  expect(all).toMatch(/ff 00/)
  expect(all).not.toMatch(/[^\P{Cc}\n]/u)
  const missing = await aside.dlq('show', '00000000-0000-8000-8000-000000000000')
  expect(missing).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^NOT_FOUND.*\ndlq list/),
  })
  expect((await aside.dlq('show', 'nonsense')).code).toBe(2)
})

test('messages are read in slices of so many bytes, and one that is larger comes alone', async () => {
  await using aside = await openDlq(['short', 'l'.repeat(1_000), 'brief', 'small'])
  await using db = openPool({
    url: aside.url,
    max: 1,
    statementTimeoutMs: 10_000,
    applicationName: 'test',
  })
  const read: number[][] = []
  for (let after: string | null = null; ; ) {
    const page = { limit: 500, maxBytes: 100, after }
    const slice: { id: string; bytes: number }[] = await readDeadLetters(db, {}, page)
    const last = slice.at(-1)
    if (!last) break
    read.push(slice.map(({ bytes }) => bytes))
    after = last.id
  }
  expect(read.flat().sort((a, b) => a - b)).toEqual([5, 5, 5, 1_000])
  for (const sizes of read) {
    expect(sizes.length === 1 || sizes.reduce((sum, size) => sum + size) <= 100).toBe(true)
  }
})

test('replay stores what can be stored by now, keeps the rest with the reason of this time, and may be repeated', async () => {
  await using aside = await openDlq([later, 'garbage'])
  // As if the program had learnt meanwhile what it did not know: the kept message becomes one it can read.
  const post = JSON.stringify(commit())
  await readRows(
    aside.url,
    `update raw_message set raw_data = '${post}' where error = 'unknown-kind'`,
  )
  await readRows(
    aside.url,
    `update raw_message set error = 'older reason' where error = 'not-json'`,
  )
  const first = await aside.dlq('replay', '--all', '--json')
  expect(first.code).toBe(1)
  expect(JSON.parse(first.stdout)).toEqual({
    finished: true,
    stored: 1,
    refused: 1,
    reasons: { 'not-json': 1 },
  })
  expect(await readRows(aside.url, 'select from bluesky_post')).toHaveLength(1)
  expect(await readRows(aside.url, 'select from position')).toEqual([])
  const after = await aside.rows()
  expect(after.map(({ error, processed }) => [error, processed]).sort()).toEqual([
    ['not-json', false],
    ['unknown-kind', true],
  ])
  const second = await aside.dlq('replay', '--all')
  expect(second.stdout).toMatch(/^0 stored and dealt with, 1 still set aside/)
  expect(await aside.rows()).toEqual(after)
  const done = await aside.dlq('replay', after.find(({ processed }) => processed)?.id ?? '')
  expect(done).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NOT_FOUND: no message/) })
})

test('a message that the database refuses again stays once, under its id', async () => {
  const spaced = JSON.stringify(later, null, 1)
  await using aside = await openDlq([spaced])
  await readRows(
    aside.url,
    `alter table bluesky_post add constraint never check (text is distinct from 'hello')`,
  )
  const [{ id } = { id: '' }] = await aside.rows()
  await readRows(aside.url, `update raw_message set raw_data = '${JSON.stringify(commit())}'`)
  const refused = await aside.dlq('replay', id)
  expect(refused.code).toBe(1)
  expect(await aside.rows()).toEqual([
    { id, error: expect.stringMatching(/^refused by the database: .*never/), processed: false },
  ])
  await readRows(aside.url, 'alter table bluesky_post drop constraint never')
  expect(await aside.dlq('replay', id)).toMatchObject({ code: 0 })
  expect(await aside.rows()).toEqual([expect.objectContaining({ id, processed: true })])
})

test('drop deletes what was chosen, and only where it is meant', async () => {
  await using aside = await openDlq(['garbage', 'more', later])
  expect((await aside.dlq('drop', '--yes')).code).toBe(2)
  expect((await aside.dlq('drop', '--all', '--reason', 'x', '--yes')).code).toBe(2)
  const unasked = await aside.dlq('drop', '--all')
  expect(unasked).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/3 messages .*nobody to ask/),
  })
  expect(await aside.rows()).toHaveLength(3)
  const some = await aside.dlq('drop', '--reason', 'not-json', '--yes', '--json')
  expect(JSON.parse(some.stdout)).toEqual({ dropped: 2 })
  const [left] = await aside.rows()
  expect(left?.error).toBe('unknown-kind')
  expect((await aside.dlq('drop', left?.id ?? '', '--yes')).code).toBe(0)
  expect((await aside.dlq('list')).stdout).toBe('No message waits.\n')
})
