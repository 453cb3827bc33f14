import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { generateFrames } from '../../src/source/synthetic/recording.ts'
import { countNaively } from '../oracle/naive-model.ts'
import { readCounts, readRows } from '../support/database-state.ts'
import { commit } from '../support/events.ts'
import { cli, openFolder, Program, runProgram } from '../support/program.ts'
import { settle } from '../support/settle.ts'

const settings = { SYNTHETIC_HISTORY_HOURS: '1', SYNTHETIC_RATE: '20' }
const network = { seed: 1, rate: 20, mix: '2026-07' } as const
const startDemo = (folder: string) =>
  new Program(['start', '--demo', '--json', '--port', '0', '--data-dir', folder], settings)

async function urlOf(program: Program): Promise<string> {
  return (JSON.parse(await program.firstLine()) as { url: string }).url
}

/** Network time of the newest stored event, ms since 1970; 0 before the first. */
async function newestOf(url: string): Promise<number> {
  const health = (await (await fetch(`${url}/health`)).json()) as { asOf: string | null }
  return health.asOf === null ? 0 : Date.parse(health.asOf)
}

async function databaseOf(folder: string): Promise<string> {
  const ended = await runProgram(['db-url', '--demo', '--data-dir', folder])
  return ended.stdout.trim()
}

test('Ctrl-C ends with 0 within 10 s, a second start goes on where the first stopped, kill -9 loses nothing', async () => {
  await using folder = await openFolder()
  let asOf = 0
  for (const signal of ['SIGINT', 'SIGKILL', 'SIGTERM'] as const) {
    await using program = startDemo(folder.path)
    const url = await urlOf(program)
    await expect.poll(() => newestOf(url), { timeout: 60_000, interval: 100 }).toBeGreaterThan(asOf)
    const database = await databaseOf(folder.path)
    const continued = async () => {
      const [row] = await readRows<{ n: number }>(
        database,
        'select count(*)::int as n from position',
      )
      return row?.n
    }
    expect(await continued()).toBe(1)
    expect(await readRows(database, 'select * from gap')).toEqual([])
    asOf = await newestOf(url)
    const started = performance.now()
    program.kill(signal)
    const ended = await program.ended
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(ended).toMatchObject(signal === 'SIGKILL' ? { signal } : { code: 0 })
  }
  await using again = startDemo(folder.path)
  const url = await urlOf(again)
  await expect.poll(() => newestOf(url), { timeout: 60_000, interval: 100 }).toBeGreaterThan(asOf)
  const database = await databaseOf(folder.path)
  again.kill('SIGTERM')
  await again.ended
  await using reading = new Program([
    'serve',
    '--json',
    '--port',
    '0',
    '--data-dir',
    join(folder.path, 'demo'),
  ])
  await reading.firstLine()
  const [range] = await readRows<{ first: number; last: number }>(
    database,
    'select first_time_us as first, time_us as last from position',
  )
  if (!range) throw new RangeError('nothing is stored')
  const sent = [
    ...generateFrames(network, Math.floor(range.first / 1e6), Math.ceil(range.last / 1e6) + 1),
  ]
    .filter(({ position }) => position.timeUs >= range.first && position.timeUs <= range.last)
    .map(({ bytes }) => bytes.toString())
  await settle(database)
  expect(await readCounts(database, 'operation')).toEqual(countNaively(sent).operation)
})

test('a second start on the same folder says who is there and what to do', async () => {
  await using folder = await openFolder()
  await using first = startDemo(folder.path)
  await first.firstLine()
  const second = await runProgram(
    ['start', '--demo', '--port', '0', '--data-dir', folder.path],
    settings,
  )
  expect(second.code).toBe(1)
  expect(second.stderr).toMatch(/DATABASE_IN_USE: the data folder .* is in use .*process \d+/)
  expect(second.stderr).toMatch(/--data-dir/)
})

test('a port in use is named, with the way out', async () => {
  await using folder = await openFolder()
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const ended = await runProgram([
    'start',
    '--demo',
    '--port',
    String(port),
    '--data-dir',
    folder.path,
  ])
  taken.close()
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain(`port ${port}`)
  expect(ended.stderr).toContain('--port')
  expect(ended.stderr).not.toContain('    at ')
})

test('serve shows what is stored, and that nothing is being read', async () => {
  await using folder = await openFolder()
  await runProgram(['db-init', '--data-dir', folder.path])
  await using program = new Program(['serve', '--json', '--port', '0', '--data-dir', folder.path])
  const url = await urlOf(program)
  const health = (await (await fetch(`${url}/health`)).json()) as { source: string; status: string }
  expect(health).toMatchObject({ source: 'none', status: 'ok' })
  program.kill('SIGTERM')
  expect(await program.ended).toMatchObject({ code: 0 })
})

test('a replay says what it stored and what it set aside, and refuses what is no recording', async () => {
  await using folder = await openFolder()
  const write = async (name: string, lines: readonly string[]) => {
    const path = join(folder.path, name)
    await writeFile(path, lines.join('\n'))
    return path
  }
  const replay = (path: string, ...flags: string[]) =>
    runProgram(['replay', path, '--data-dir', folder.path, ...flags])
  const event = JSON.stringify(commit())
  const mixed = await replay(await write('mixed.jsonl', ['garbage', event]), '--json')
  expect(JSON.parse(mixed.stdout)).toMatchObject({ stored: 1, deadLetters: 1 })
  const nothing = await replay(await write('nothing.jsonl', ['garbage', 'more garbage']))
  expect(nothing.code).toBe(1)
  expect(nothing.stderr).toMatch(/nothing in .*nothing\.jsonl is a message of Jetstream/)
  const pipe = join(folder.path, 'pipe')
  if (spawnSync('mkfifo', [pipe]).status === 0) {
    const refused = await replay(pipe)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/pipe: it is no file/)
  }
})

test('SIGINT to the launcher alone stops the program with 0', async () => {
  await using folder = await openFolder()
  const launcher = fileURLToPath(new URL('../../bin/bluesky-analytics.js', import.meta.url))
  const child = spawn(
    process.execPath,
    [launcher, 'start', '--demo', '--json', '--port', '0', '--data-dir', folder.path],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, SYNTHETIC_HISTORY_HOURS: '0' } },
  )
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a reader that has had enough is no error', async () => {
  const child = spawn(process.execPath, [cli, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(said).toBe('')
})

test('npm start --demo, of which npm keeps the flag, says how to write it', () => {
  const prepare = fileURLToPath(new URL('../../scripts/prepare.mjs', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [prepare], {
    encoding: 'utf8',
    env: { ...process.env, npm_lifecycle_event: 'prestart', npm_config_demo: 'true' },
  })
  expect(status).toBe(2)
  expect(stderr).toContain('npm start -- --demo')
})

test('doctor tries everything and ends with 0 where all is well, 1 where it is not', async () => {
  await using folder = await openFolder()
  const well = await runProgram(
    ['doctor', '--demo', '--json', '--port', '0', '--data-dir', folder.path],
    {
      SYNTHETIC_RATE: '50',
    },
  )
  expect(JSON.parse(well.stdout)).toMatchObject({ ok: true })
  expect(well.code).toBe(0)
  const ill = await runProgram(['doctor', '--port', '0', '--data-dir', folder.path], {
    JETSTREAM_URL: 'ws://127.0.0.1:9',
  })
  expect(ill.code).toBe(1)
  expect(ill.stdout).toMatch(/✗ source: /)
  expect(ill.stdout).toMatch(/npm start -- --demo/)
})

test.each([
  [['--help'], 0, /Commands:/],
  [['start', '--help'], 0, /--demo/],
  [['nonsense'], 2, /unknown command/],
  [['start', '--nope'], 2, /unknown option/],
  [['start', '--port', 'eighty'], 2, /PORT="eighty"/],
  [['start', '--env', 'nowhere'], 2, /no file \.env\.nowhere/],
  [['replay'], 2, /missing required argument/],
  [['replay', 'x.jsonl', '--speed', 'fast'], 2, /--speed fast is no speed/],
  [['ingest'], 2, /KAFKA_MISSING/],
  [['persistence'], 2, /KAFKA_MISSING/],
])('%j ends with %d', async (args, code, said) => {
  const ended = await runProgram(args)
  expect(ended.code).toBe(code)
  expect(ended.stdout + ended.stderr).toMatch(said)
})

test.each([
  ['postgres://127.0.0.1:9/x', /✗ database: cannot reach the database: .*\n.*DATABASE_URL/],
  ['mysql://127.0.0.1/x', /DATABASE_URL=…/],
])('db-test with DATABASE_URL=%s says what is wrong', async (url, said) => {
  const ended = await runProgram(['db-test'], { DATABASE_URL: url })
  expect(ended.code).toBeGreaterThan(0)
  expect(ended.stdout + ended.stderr).toMatch(said)
  expect(ended.stdout + ended.stderr).not.toContain('    at ')
})
