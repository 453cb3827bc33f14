import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { runProgram } from '../support/program.ts'

test('a data folder that cannot be made is named, with what to do', async () => {
  const file = fileURLToPath(import.meta.url)
  const { code, stderr } = await runProgram(['start'], { DATA_DIR: `${file}/data` })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^DATABASE_UNFIT: cannot keep a database in .*ENOTDIR.*\nChoose another/)
})

test('an account that may not create tables is told what it may not', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'), { migrated: false })
  const role = new URL(database.url).pathname.slice(1)
  await readRows(database.url, `create role ${role} login password 'secret'`)
  const url = Object.assign(new URL(database.url), { username: role, password: 'secret' })
  const { code, stderr } = await runProgram(['db-init'], { DATABASE_URL: url.href })
  await readRows(database.url, `drop role ${role}`)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^DATABASE_UNFIT: cannot bring the schema .* permission denied/)
})

test('doctor says why no event came', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const settings = { DATABASE_URL: database.url, PORT: '0', JETSTREAM_URL: 'ws://127.0.0.1:1' }
  const { code, stdout } = await runProgram(['doctor', '--json'], settings)
  expect(code).toBe(1)
  const { checks } = JSON.parse(stdout) as { checks: { name: string; found: string }[] }
  expect(checks.find(({ name }) => name === 'source')?.found).toContain('ECONNREFUSED')
})
