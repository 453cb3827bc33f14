import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { type Mix, mixes } from '../../src/source/synthetic/mix.ts'
import { generateFrames } from '../../src/source/synthetic/recording.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import { openFolder, Program, runProgram } from '../support/program.ts'

/**
 * Mean events per second and kills of the short run of every day. `UPHEAVAL_RATE=24 UPHEAVAL_KILLS=50` is two million events
 * and as many kills as one may want to see.
 */
const rate = Number(process.env.UPHEAVAL_RATE ?? 0.6)
const kills = Number(process.env.UPHEAVAL_KILLS ?? 6)
const seconds = 24 * 3_600
const timeoutMs = 600_000 + rate * 100_000

const calm = mixes['2026-07']
/** A network in which much is taken back: one event of twenty is a delete, and ten times as much befalls accounts. */
const upheaval: Mix = {
  ...calm,
  creates: { ...calm.creates, like: 64, post: 10.8 },
  deletes: { like: 1.3, repost: 0.5, follow: 2, post: 1.1, block: 0.1 },
  incidents: 0.6,
}

test('24 hours in which much is taken back, replayed twice and killed all the while: every number is right, and one that is not is found and mended', {
  timeout: timeoutMs,
}, async () => {
  await using folder = await openFolder()
  const path = join(folder.path, 'upheaval.jsonl')
  const events = await writeDay(path)
  await using straight = await openTestDatabase(inject('databaseUrl'))
  await run(['replay', path, '--json'], straight)
  await run(['maintain', '--once'], straight)
  await using killed = await openTestDatabase(inject('databaseUrl'))
  const [first, second] = [Math.ceil(kills / 2), Math.floor(kills / 2)]
  await replayKilled(killed, path, { kills: first, again: false })
  await replayKilled(killed, path, { kills: second, again: true })
  await run(['maintain', '--once'], killed)
  expect(await digestDatabase(killed.url)).toEqual(await digestDatabase(straight.url))
  expect(await verify(killed)).toMatchObject({ code: 0 })
  expect(events).toBeGreaterThan(seconds * rate * 0.8)

  await readRows(
    killed.url,
    `update count_hour set n = n + 1
       where (dimension, bucket, key, part) = (select dimension, bucket, key, part from count_hour where dimension = 'tag' limit 1)`,
  )
  expect(await verify(killed)).toMatchObject({ code: 1 })
  await run(['recount', '--yes'], killed)
  expect(await verify(killed)).toMatchObject({ code: 0 })
  expect(await digestDatabase(killed.url)).toEqual(await digestDatabase(straight.url))
})

async function writeDay(path: string): Promise<number> {
  // Recent enough that nothing is too old to be kept.
  const from = (Math.floor(Date.now() / 86_400_000) - 2) * 86_400
  const file = createWriteStream(path)
  let events = 0
  for (const { bytes } of generateFrames({ seed: 11, rate, mix: upheaval }, from, from + seconds)) {
    events += 1
    if (!file.write(bytes)) await once(file, 'drain')
    file.write('\n')
  }
  file.end()
  await once(file, 'close')
  return events
}

async function run(command: readonly string[], db: TestDatabase): Promise<void> {
  expect(await runProgram(command, { DATABASE_URL: db.url })).toMatchObject({ code: 0 })
}

async function verify(db: TestDatabase): ReturnType<typeof runProgram> {
  return runProgram(['verify', '--json'], { DATABASE_URL: db.url })
}

/**
 * Kills a replay at random moments after it has stored something, then lets it finish.
 *
 * @returns how often it was killed: less than asked for where it was faster
 */
async function replayKilled(
  db: TestDatabase,
  path: string,
  { kills, again }: { kills: number; again: boolean },
): Promise<number> {
  const settings = { DATABASE_URL: db.url, BATCH_MAX_EVENTS: '1500' }
  let killed = 0
  while (killed < kills) {
    // Only the first of these begins anew; the others go on where the one before was killed.
    const flags = again && killed === 0 ? ['--again'] : []
    await using program = new Program(['replay', path, '--json', ...flags], settings)
    const before = await versionOf(db.url)
    let ended = false
    void program.ended.then(() => {
      ended = true
    })
    await expect
      .poll(async () => ended || (await versionOf(db.url)) > before, {
        timeout: 60_000,
        interval: 5,
      })
      .toBe(true)
    await Promise.race([sleep(Math.random() * 300), program.ended])
    program.kill('SIGKILL')
    if ((await program.ended).signal !== 'SIGKILL') break
    killed += 1
  }
  await run(['replay', path, '--json'], db)
  return killed
}

async function versionOf(url: string): Promise<number> {
  const [row] = await readRows<{ version: number }>(
    url,
    'select max(version)::int as version from position',
  )
  return row?.version ?? 0
}
