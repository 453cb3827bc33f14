import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { findUnknownSettings } from '../../src/commands/unknown-settings.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { commit, framesOf } from '../support/events.ts'
import { cli, openFolder, Program, runProgram } from '../support/program.ts'

const dayMs = 86_400_000
const open = () => openTestDatabase(inject('databaseUrl'))

/** Posts as if they came this moment, or that long ago, under a source's name. */
async function storeNow(
  url: string,
  texts: readonly string[],
  { source = 'jetstream', agoMs = 0 } = {},
): Promise<void> {
  await using store = await openStore({ url, source })
  const nowUs = (Date.now() - agoMs) * 1_000
  const baseUs = Number((commit() as { time_us: number }).time_us)
  const posts = texts.map((text, index) => {
    const atUs = nowUs - baseUs + index
    const rkey = tidOf(nowUs + index)
    const record = { $type: 'app.bsky.feed.post', text, langs: [index % 2 === 0 ? 'pt' : 'en'] }
    return commit({ atUs, rkey, rev: tidOf(nowUs + index), record })
  })
  const frames = framesOf(posts).map((frame) => ({ ...frame, receivedUs: nowUs }))
  await store.write(await store.prepare({ frames, gaps: [] }))
}

function tidOf(us: number): string {
  const letters = '234567abcdefghijklmnopqrstuvwxyz'
  let text = ''
  for (let rest = BigInt(us) << 10n; text.length < 13; rest >>= 5n)
    text = letters.charAt(Number(rest & 31n)) + text
  return text
}

test('status shows one page, and ends with 1 where something is in trouble', async () => {
  await using database = await open()
  const settings = { DATABASE_URL: database.url }
  const empty = await runProgram(['status'], settings)
  expect(empty.code).toBe(1)
  expect(empty.stdout).toMatch(/✗ Nothing is stored yet: run start.*\n✗ No process stores/)
  await storeNow(database.url, ['one', 'two'])
  await using store = await openStore({ url: database.url, source: 'jetstream' })
  const well = await runProgram(['status', '--json'], settings)
  expect(well).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(well.stdout)).toMatchObject({
    ok: true,
    troubles: [],
    stored: { events: 2, postsToday: 2 },
    sources: [{ source: 'jetstream', partitions: 1 }],
    processes: { 'store jetstream': 1 },
    log: null,
    deadLetters: 0,
  })
  void store
  await readRows(database.url, 'delete from migration where number > 1')
  const old = await runProgram(['status'], settings)
  expect(old.code).toBe(1)
  expect(old.stdout).toMatch(/✗ The schema is at version 1, this program wants \d+: run db-init/)
})

test('status of a delay says whether storing catches up', async () => {
  await using database = await open()
  const settings = { DATABASE_URL: database.url }
  let agoMs = 20 * 60_000
  await storeNow(database.url, ['one'], { agoMs })
  await using holder = await openStore({ url: database.url, source: 'another' })
  void holder
  expect((await runProgram(['status'], settings)).stdout).toMatch(
    /✗ The newest stored event is 20 min \d+ s old: look at the log/,
  )
  await using program = new Program(['status'], settings)
  let ended = false
  void program.ended.then(() => {
    ended = true
  })
  while (!ended) {
    agoMs = Math.max(5 * 60_000, agoMs - 1_000)
    await storeNow(database.url, ['next'], { agoMs })
  }
  expect(program.stdout).toMatch(
    /✗ The newest stored event is \d+ min \d+ s old: storing catches up\./,
  )
})

test('status --watch and lag --watch end with 0 when they are told to', async () => {
  await using database = await open()
  await storeNow(database.url, ['one'])
  for (const command of ['status', 'lag']) {
    await using program = new Program([command, '--watch', '--json'], {
      DATABASE_URL: database.url,
    })
    expect(JSON.parse(await program.firstLine())).toHaveProperty('ok')
    program.kill('SIGINT')
    expect(await program.ended).toMatchObject({ code: 0 })
  }
})

test('lag without Kafka says how old the newest event is, and ends with 1 above --max-age', async () => {
  await using database = await open()
  const settings = { DATABASE_URL: database.url }
  expect((await runProgram(['lag'], settings)).stdout).toBe('Nothing is stored yet\n')
  expect((await runProgram(['lag', '--max-age', '60'], settings)).code).toBe(1)
  await storeNow(database.url, ['one'])
  const fresh = await runProgram(['lag', '--max-age', '60'], settings)
  expect(fresh).toMatchObject({ code: 0, stdout: expect.stringMatching(/jetstream +\d/) })
  expect((await runProgram(['lag', '--max-age', '0'], settings)).code).toBe(1)
  expect((await runProgram(['lag', '--max-age', 'old'], settings)).code).toBe(2)
  const events = await runProgram(['lag', '--max', '5'], settings)
  expect(events).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^KAFKA_MISSING.*\n.*--max-age/),
  })
})

test('tail shows what is stored, filtered, without what would move the cursor, and ends with 0', async () => {
  await using database = await open()
  await storeNow(database.url, ['before \u001b[2Jwiped\u202eright', 'of another language'])
  const settings = { DATABASE_URL: database.url }
  const args = ['tail', '--since', '10', '--language', 'pt']
  await using plain = new Program(args, settings)
  expect(await plain.firstLine()).toMatch(/^\d\d:\d\d:\d\d pt {2}did:plc:\w+: before wipedright$/)
  await using json = new Program([...args, '--json'], settings)
  const first = await json.firstLine()
  expect(first).not.toMatch(/[\p{Cc}\u202e]/u)
  expect(JSON.parse(first)).toMatchObject({ text: 'before \u001b[2Jwiped\u202eright' })

  // Both have had their first look: what is stored from here on is new to them.
  await storeNow(database.url, ['fresh'])
  for (const program of [plain, json])
    await expect.poll(() => program.stdout, { timeout: 30_000 }).toMatch(/\n.*fresh/)
  for (const [program, signal] of [
    [plain, 'SIGINT'],
    [json, 'SIGTERM'],
  ] as const) {
    program.kill(signal)
    expect(await program.ended).toMatchObject({ code: 0 })
  }
})

test('tail --since shows all that was stored in those minutes, once and in its order, then what comes', async () => {
  await using database = await open()
  const texts = Array.from({ length: 1_203 }, (_, index) => `post ${index}`)
  await storeNow(database.url, texts)
  await using program = new Program(['tail', '--since', '10', '--json'], {
    DATABASE_URL: database.url,
  })
  await program.firstLine()
  await storeNow(database.url, ['fresh'])
  await expect.poll(() => program.stdout, { timeout: 30_000 }).toMatch(/"fresh".*\n/)
  const shown = program.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text)
  expect(shown).toEqual([...texts, 'fresh'])
})

test('tail --since ends with 0 when its reader has had enough', async () => {
  await using database = await open()
  await storeNow(
    database.url,
    Array.from({ length: 1_203 }, (_, index) => `post ${index} ${'.'.repeat(200)}`),
  )
  const command = `"${process.execPath}" "${cli}" tail --since 60 | head -1; exit \${PIPESTATUS[0]}`
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: database.url, LOG_LEVEL: 'warn' },
  })
  expect({ status, stdout, stderr }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/: post 0 /),
    stderr: expect.not.stringMatching(/INTERNAL/),
  })
})

test('tail of an account that is not known yet says so', async () => {
  await using database = await open()
  const settings = { DATABASE_URL: database.url }
  for (const [author, then] of [
    ['nobody.example', /^nobody\.example is not known yet: .*name its DID\n/],
    ['did:plc:nobody', /^did:plc:nobody is not known yet: what it posts is shown/],
  ] as const) {
    await using program = new Program(['tail', '--author', author], settings)
    await expect.poll(() => program.stderr, { timeout: 30_000 }).toMatch(then)
  }
})

test('tail refuses filters that mean nothing', async () => {
  await using database = await open()
  const settings = { DATABASE_URL: database.url }
  const language = await runProgram(['tail', '--language', '?!'], settings)
  expect(language).toMatchObject({ code: 2, stderr: expect.stringMatching(/no language tag/) })
  expect((await runProgram(['tail', '--since', '600'], settings)).code).toBe(2)
})

test('maintain --once makes the partitions of days to come and drops what was dealt with long ago', async () => {
  await using database = await open()
  const { url } = database
  {
    await using store = await openStore({ url, source: null })
    await store.write(await store.prepare({ frames: framesOf(['one', 'two', 'three']), gaps: [] }))
  }
  await readRows(
    url,
    `update raw_message set processed = convert_from(bytes, 'UTF8') <> 'one',
       updated_at = case convert_from(bytes, 'UTF8') when 'two' then now() - interval '31 days' else now() end`,
  )
  const ended = await runProgram(['maintain', '--once', '--json'], { DATABASE_URL: url })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const { chores } = JSON.parse(ended.stdout) as { chores: { name: string; ok: boolean }[] }
  expect(chores).toEqual(
    [
      'partitions',
      'retention',
      'room',
      'strays',
      'engagement',
      'dead letters',
      'statistics',
      'sizes',
      'deleted posts',
      'deleted accounts',
      'ledger file',
      'people',
    ].map((name) => expect.objectContaining({ name, ok: true, warning: false })),
  )
  const days = [0, 1, 2].map((ahead) =>
    new Date(Date.now() + ahead * dayMs).toISOString().slice(0, 10).replaceAll('-', ''),
  )
  const made = await readRows<{ name: string }>(
    url,
    `select relname as name from pg_class where relkind = 'r' and relname ~ '_[0-9]{8}$' order by 1`,
  )
  const daily = ['author_hour', 'author_key', 'bluesky_post', 'bluesky_record', 'count_minute']
  expect(made.map(({ name }) => name)).toEqual(
    daily.flatMap((table) => days.map((day) => `${table}_${day}`)),
  )
  const left = await readRows<{ text: string }>(
    url,
    `select convert_from(bytes, 'UTF8') as text from raw_message order by 1`,
  )
  expect(left.map(({ text }) => text)).toEqual(['one', 'three'])
  expect((await runProgram(['maintain', '--once'], { DATABASE_URL: url })).stdout).toMatch(
    /0 made now/,
  )
})

test('one process maintains a database; a second one waits, says so, and takes over when the first is killed', async () => {
  await using database = await open()
  const settings = { DATABASE_URL: database.url, LOG_LEVEL: 'info' }
  await using first = new Program(['maintain'], settings)
  await expect.poll(() => first.stderr, { timeout: 30_000 }).toMatch(/maintaining the database/)
  await using second = new Program(['maintain'], settings)
  await expect
    .poll(() => second.stderr, { timeout: 30_000 })
    .toMatch(/another process maintains this database .*taking over when it ends/)
  const once = await runProgram(['maintain', '--once'], settings)
  expect(once).toMatchObject({ code: 1, stderr: expect.stringMatching(/DATABASE_IN_USE: another/) })
  expect(second.stderr).not.toMatch(/maintaining the database/)
  first.kill('SIGKILL')
  await expect.poll(() => second.stderr, { timeout: 30_000 }).toMatch(/maintaining the database/)
  second.kill('SIGTERM')
  expect(await second.ended).toMatchObject({ code: 0 })
})

test('names in .env files that are no settings are told, with the nearest', async () => {
  await using folder = await openFolder()
  await writeFile(join(folder.path, '.env'), 'JETSTREAM_COMPRES=true\nPOSTGRES_PASSWORD=x\n')
  expect(findUnknownSettings(undefined, folder.path)).toEqual([
    { file: '.env', name: 'JETSTREAM_COMPRES', nearest: 'JETSTREAM_COMPRESS' },
  ])
})
