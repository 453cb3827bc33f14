import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { freePort } from '../support/free-port.ts'
import { Program, runProgram } from '../support/program.ts'

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

test('doctor says that the ledger of deletions cannot be written', async () => {
  await using database = await openTestDatabase(inject('databaseUrl'))
  const settings = { DATABASE_URL: database.url, PORT: '0', SOURCE: 'synthetic' }
  const found = async (file: string) => {
    const { stdout } = await runProgram(['doctor'], { ...settings, LEDGER_FILE: file })
    return stdout.split('\n').find((line) => line.includes('ledger file'))
  }
  expect(await found('/not/there/ledger.jsonl')).toMatch(
    /^✗ ledger file: cannot write \/not\/there/,
  )
  expect(await found('ledger.jsonl')).toMatch(/^✓ ledger file: .*ledger\.jsonl can be written/)
})

test('serve waits for a database that is away, and says so meanwhile', {
  timeout: 60_000,
}, async () => {
  await using scope = new AsyncDisposableStack()
  const database = scope.use(await openTestDatabase(inject('databaseUrl')))
  const { hostname, port } = new URL(database.url)
  const away = Object.assign(new URL(database.url), {
    hostname: '127.0.0.1',
    port: String(await freePort()),
  })
  const program = scope.use(
    new Program(['serve', '--json'], { DATABASE_URL: away.href, PORT: '0' }),
  )
  const { url } = JSON.parse(await program.firstLine()) as { url: string }
  const ask = async (path: string) => (await fetch(url + path)).status
  expect(await ask('/livez')).toBe(200)
  expect(await ask('/readyz')).toBe(503)

  const door = createServer((from) => {
    const to = connect(Number(port), hostname)
    for (const socket of [from, to]) socket.on('error', () => undefined)
    from.pipe(to).pipe(from)
  })
  door.listen(Number(away.port), '127.0.0.1')
  await once(door, 'listening')
  scope.defer(() => void door.close())
  await expect.poll(() => ask('/readyz'), { timeout: 30_000 }).toBe(200)
})
