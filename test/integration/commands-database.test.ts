import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { openStore } from '../../src/store/store.ts'
import { resultsByName } from '../support/check-results.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { commit, framesOf } from '../support/events.ts'
import { openFolder, Program, runProgram } from '../support/program.ts'

const open = (migrated = true) => openTestDatabase(inject('databaseUrl'), { migrated })

async function schemasOf({ url }: TestDatabase): Promise<string[]> {
  const rows = await readRows<{ name: string }>(
    url,
    `select nspname as name from pg_namespace where starts_with(nspname, 'bluesky_analytics_test')`,
  )
  return rows.map(({ name }) => name)
}

/** A role of its own that may only connect; dropped with the scope. */
async function openRole({ url }: TestDatabase): Promise<{ url: string } & AsyncDisposable> {
  const name = new URL(url).pathname.slice(1)
  await readRows(url, `create role ${name} login password 'secret'`)
  const changed = Object.assign(new URL(url), { username: name, password: 'secret' })
  return {
    url: changed.href,
    async [Symbol.asyncDispose]() {
      await readRows(url, `drop owned by ${name}`)
      await readRows(url, `drop role ${name}`)
    },
  }
}

test('db-test looks at a database and leaves its schema as it is', async () => {
  await using fresh = await open(false)
  const empty = await runProgram(['db-test', '--json'], { DATABASE_URL: fresh.url })
  expect(empty.code).toBe(1)
  expect(resultsByName(empty)).toMatchObject({
    database: { state: 'ok' },
    write: { state: 'ok' },
    schema: { state: 'failed', found: expect.stringMatching(/no schema yet/) },
  })
  expect(resultsByName(empty).schema?.advice.join()).toMatch(/db-init/)
  expect(await readRows(fresh.url, `select from pg_class where relname = 'migration'`)).toEqual([])

  await using older = await open()
  await readRows(older.url, 'delete from migration where number > 1')
  const behind = await runProgram(['db-test'], { DATABASE_URL: older.url })
  expect(behind.code).toBe(1)
  expect(behind.stdout).toMatch(
    /✗ schema: the schema is at version 1, this program wants \d+ .*\n {2}Run db-init/,
  )

  await using current = await open()
  const well = await runProgram(['db-test'], { DATABASE_URL: current.url })
  expect(well).toMatchObject({ code: 0, stderr: '' })
  expect(well.stdout).toMatch(/✓ database: PostgreSQL 18.*\n✓ write: .*\n✓ schema: version \d+/)
})

test('commands that look make no database where there is none, and say so', async () => {
  await using folder = await openFolder()
  const dataDir = ['--data-dir', folder.path]
  for (const command of [['status'], ['lag'], ['tail'], ['dlq', 'list'], ['db-url']]) {
    expect(await runProgram([...command, ...dataDir])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `DATABASE_UNAVAILABLE: there is no database in ${folder.path} yet\nstart or db-init makes one.\n`,
    })
  }
  expect((await runProgram(['db-test', ...dataDir])).stdout).toMatch(
    /✗ database: there is no database in .* yet .*\n {2}start or db-init makes one\.\n– write/,
  )
  const doctor = ['doctor', '--port', '0', ...dataDir]
  expect((await runProgram(doctor, { JETSTREAM_URL: 'ws://127.0.0.1:9' })).stdout).toMatch(
    /✓ database: none yet: the first start makes one/,
  )
  expect(await readdir(folder.path)).toEqual([])

  await mkdir(join(folder.path, 'demo', 'postgres'), { recursive: true })
  await writeFile(join(folder.path, 'demo', 'postgres', 'connection.json'), '{}')
  expect((await runProgram(['status', ...dataDir])).stderr).toMatch(
    /There is a demo: add --demo\.\n$/,
  )
})

test('replay of a file that is not there says so before it opens or makes a database', async () => {
  await using folder = await openFolder()
  const missing = join(folder.path, 'nope.jsonl')
  expect(await runProgram(['replay', missing, '--data-dir', folder.path])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^FILE_UNREADABLE: /),
  })
  expect(await readdir(folder.path)).toEqual([])
})

test('each way in which a database cannot be used has its own advice', async () => {
  await using database = await open()
  const change = (parts: Partial<URL>) => Object.assign(new URL(database.url), parts).href
  const cases = [
    [change({ password: 'wrong' }), /password authentication failed/, /user name and the password/],
    [change({ pathname: '/nowhere' }), /"nowhere" does not exist/, /createdb/],
    [change({ hostname: 'nowhere.invalid' }), /ENOTFOUND|EAI_AGAIN/, /name cannot be resolved/],
    [change({ port: '9' }), /ECONNREFUSED/, /PostgreSQL is running/],
  ] as const
  for (const [url, said, advice] of cases) {
    for (const command of ['db-test', 'postgres-test']) {
      const ended = await runProgram([command, '--json'], { DATABASE_URL: url })
      expect(ended.code).toBe(1)
      const failed = Object.values(resultsByName(ended)).find(({ state }) => state === 'failed')
      expect(failed?.found).toMatch(said)
      expect(failed?.advice.join()).toMatch(advice)
    }
    const status = await runProgram(['status'], { DATABASE_URL: url })
    expect(status.code).toBe(1)
    expect(status.stderr).toMatch(said)
  }
})

test('db-init may be repeated, and with --reset --yes drops what is ours and nothing else', async () => {
  await using database = await open()
  const settings = { DATABASE_URL: database.url }
  {
    await using store = await openStore({ url: database.url, source: 'jetstream' })
    await store.write(await store.prepare({ frames: framesOf([commit()]), gaps: [] }))
    const refused = await runProgram(['db-init', '--reset', '--yes'], settings)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/^DATABASE_IN_USE: .*store jetstream.*\nStop start/)
  }
  await readRows(database.url, 'create table somebody_elses (n integer)')
  const again = await runProgram(['db-init', '--json'], settings)
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, dropped: null })
  expect(await readRows(database.url, 'select from bluesky_post')).toHaveLength(1)

  const unasked = await runProgram(['db-init', '--reset'], settings)
  expect(unasked.code).toBe(2)
  expect(unasked.stderr).toMatch(/about \d+ rows, .* nobody to ask\n.*--yes/)
  expect(await readRows(database.url, 'select from bluesky_post')).toHaveLength(1)
  expect((await runProgram(['db-init', '--yes'], settings)).code).toBe(2)

  const reset = await runProgram(['db-init', '--reset', '--yes', '--json'], settings)
  expect(reset.code).toBe(0)
  expect(JSON.parse(reset.stdout)).toMatchObject({
    ok: true,
    dropped: { rows: expect.any(Number) },
  })
  expect(await readRows(database.url, 'select from bluesky_post')).toEqual([])
  expect(await readRows(database.url, 'select from position')).toEqual([])
  expect(await readRows(database.url, 'select from somebody_elses')).toEqual([])
  const days = `select from pg_class where relname ~ '_[0-9]{8}$'`
  expect(await readRows(database.url, days)).toEqual([])
})

test('postgres-test tries everything and leaves nothing, nor what a killed run had left', async () => {
  await using database = await open()
  await readRows(database.url, 'create schema bluesky_analytics_test_killed')
  const ended = await runProgram(['postgres-test', '--json'], { DATABASE_URL: database.url })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const results = resultsByName(ended)
  const tried = ['connect', 'server', 'settings', 'permissions', 'migrations', 'insert', 'upsert']
  tried.push('foreign key', 'rollback', 'fold', 'again', 'delete', 'COPY speed', 'commit latency')
  expect(Object.keys(results)).toEqual([...tried, 'cleanup'])
  expect(results.fold?.found).toMatch(/^\d{3,} events stored as \d{3,} records/)
  expect(await schemasOf(database)).toEqual([])
  expect(await readRows(database.url, 'select from bluesky_post')).toEqual([])
})

test('postgres-test that is interrupted drops its schema, and is no success', async () => {
  await using database = await open()
  await using program = new Program(['postgres-test'], { DATABASE_URL: database.url })
  await expect.poll(() => schemasOf(database), { timeout: 30_000 }).toHaveLength(1)
  program.kill('SIGINT')
  const { code, stdout } = await program.ended
  expect(code).toBe(1)
  expect(stdout).toMatch(/interrupted/)
  expect(await schemasOf(database)).toEqual([])
})

test('an account without permissions is told which to ask for', async () => {
  await using database = await open(false)
  await using role = await openRole(database)
  const schema = await runProgram(['postgres-test', '--json'], { DATABASE_URL: role.url })
  expect(schema.code).toBe(1)
  expect(resultsByName(schema).permissions).toMatchObject({
    state: 'failed',
    advice: [expect.stringMatching(/grant usage, create on schema public/)],
  })
  await readRows(database.url, `grant create on schema public to ${new URL(role.url).username}`)
  const own = await runProgram(['postgres-test', '--json'], { DATABASE_URL: role.url })
  expect(own.code).toBe(1)
  expect(resultsByName(own).permissions?.advice.join()).toMatch(/grant create on database test_/)
  expect((await runProgram(['db-init'], { DATABASE_URL: role.url })).code).toBe(0)
  await readRows(
    database.url,
    `alter role ${new URL(role.url).username} set default_transaction_read_only = on`,
  )
  const readOnly = await runProgram(['postgres-test', '--json'], { DATABASE_URL: role.url })
  expect(resultsByName(readOnly).server).toMatchObject({
    state: 'failed',
    found: 'transactions are read only',
  })
})
