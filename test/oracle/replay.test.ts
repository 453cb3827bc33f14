import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, inject, test } from 'vitest'
import type { ReplaySummary } from '../../src/pipeline/replay.ts'
import { generateFrames } from '../../src/source/synthetic/recording.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readCounts, readRows } from '../support/database-state.ts'
import { openFolder, Program, runProgram } from '../support/program.ts'
import { settle } from '../support/settle.ts'
import { countNaively, type NaiveCounts } from './naive-model.ts'

/** Real events, beside the checkout of those who develop the program; they are not shipped with it. */
const recorded = fileURLToPath(
  new URL('../../../shared/data/firehose-5min.jsonl.zst', import.meta.url),
)
/** Kills within the short run of every day; `KILLS=20` runs the long one. */
const kills = Number(process.env.KILLS ?? 4)

describe('five recorded minutes of the network', () => {
  test('are stored whole, and counted as a plain count of the file does', async (context) => {
    context.skip(!existsSync(recorded), '../shared/data/firehose-5min.jsonl.zst is not there')
    const lines = linesOf(
      zstdDecompressSync(await readFile(recorded), { maxOutputLength: 2 ** 30 }),
    )
    await using db = await openTestDatabase(inject('databaseUrl'))
    const summary = await replay(db.url, recorded)
    expect(summary).toMatchObject({ finished: true, stored: 184_064, deadLetters: 0 })
    await settle(db.url)
    await expectCounts(db.url, countNaively(lines))
    // Of 119,990, 23,232, 21,043 and 19,334 some are of accounts that were taken down or deleted.
    expect(await readCounts(db.url, 'operation')).toEqual({
      'app.bsky.feed.like/create': 119_984,
      'app.bsky.graph.follow/create': 23_221,
      'app.bsky.feed.post/create': 21_040,
      'app.bsky.feed.repost/create': 19_331,
      '$account/update': 254,
      '$identity/update': 211,
    })
    const before = await digestDatabase(db.url)
    expect(await replay(db.url, recorded)).toMatchObject({ stored: 0, skipped: 184_064 })
    expect(await replay(db.url, recorded, ['--again'], { BATCH_MAX_EVENTS: '777' })).toMatchObject({
      stored: 184_064,
    })
    expect(await digestDatabase(db.url)).toEqual(before)
  })

  test(`killed ${kills} times at random, they end up the same`, async (context) => {
    context.skip(!existsSync(recorded), '../shared/data/firehose-5min.jsonl.zst is not there')
    await using straight = await openTestDatabase(inject('databaseUrl'))
    await using killed = await openTestDatabase(inject('databaseUrl'))
    await replay(straight.url, recorded)
    await replayKilled(killed.url, recorded)
    for (const db of [straight, killed]) await settle(db.url)
    expect(await digestDatabase(killed.url)).toEqual(await digestDatabase(straight.url))
  })
})

describe('ten synthetic minutes with updates, deletes and account events', () => {
  test('are stored whole, counted right, and the same again, cut otherwise, and killed', async () => {
    await using folder = await openFolder()
    const path = join(folder.path, 'synthetic.jsonl')
    const from = Date.UTC(2026, 6, 4, 14) / 1_000
    const frames = [...generateFrames({ seed: 7, rate: 60, mix: '2026-07' }, from, from + 600)].map(
      ({ bytes }) => bytes.toString(),
    )
    await writeFile(path, frames.join('\n'))
    const expected = countNaively(frames)
    for (const kind of [
      '$account/update',
      '$identity/update',
      'app.bsky.feed.post/delete',
      'app.bsky.actor.profile/update',
    ]) {
      expect(expected.operation[kind]).toBeGreaterThan(0)
    }
    await using db = await openTestDatabase(inject('databaseUrl'))
    expect(await replay(db.url, path)).toMatchObject({ stored: frames.length, deadLetters: 0 })
    await settle(db.url)
    await expectCounts(db.url, expected)
    const before = await digestDatabase(db.url)
    await replay(db.url, path, ['--again'], { BATCH_MAX_EVENTS: '321' })
    expect(await digestDatabase(db.url)).toEqual(before)
    await using killed = await openTestDatabase(inject('databaseUrl'))
    await replayKilled(killed.url, path)
    await settle(killed.url)
    expect(await digestDatabase(killed.url)).toEqual(before)
  })
})

async function replay(
  url: string,
  path: string,
  flags: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
): Promise<ReplaySummary> {
  const ended = await runProgram(['replay', path, '--json', ...flags], {
    DATABASE_URL: url,
    ...settings,
  })
  expect(ended).toMatchObject({ code: 0 })
  return JSON.parse(ended.stdout) as ReplaySummary
}

/** Kills a replay at random moments after its first commit, then lets it finish. Small batches, so that there is much to hit. */
async function replayKilled(url: string, path: string): Promise<void> {
  const settings = { DATABASE_URL: url, BATCH_MAX_EVENTS: '500' }
  let killed = 0
  while (killed < kills) {
    await using program = new Program(['replay', path, '--json'], settings)
    const before = await versionOf(url)
    await expect
      .poll(() => versionOf(url), { timeout: 30_000, interval: 5 })
      .toBeGreaterThan(before)
    await Promise.race([sleep(Math.random() * 300), program.ended])
    program.kill('SIGKILL')
    if ((await program.ended).signal !== 'SIGKILL') break // it was faster; nothing is left to kill
    killed += 1
  }
  expect(killed).toBeGreaterThan(0)
  expect(await runProgram(['replay', path, '--json'], { DATABASE_URL: url })).toMatchObject({
    code: 0,
  })
}

async function versionOf(url: string): Promise<number> {
  const [row] = await readRows<{ version: number }>(
    url,
    'select max(version)::int as version from position',
  )
  return row?.version ?? 0
}

async function expectCounts(url: string, expected: NaiveCounts): Promise<void> {
  for (const grain of ['minute', 'hour', 'day'] as const) {
    for (const dimension of ['collection', 'operation', 'language', 'tag'] as const) {
      expect(await readCounts(url, dimension, grain)).toEqual(expected[dimension])
    }
  }
  const [rows] = await readRows(
    url,
    `select (select count(*)::int from bluesky_user) as accounts,
            (select count(*)::int from bluesky_post where operation <> 'delete' and not hidden) as "livePosts",
            (select count(*)::int from raw_message) as aside`,
  )
  expect(rows).toEqual({ accounts: expected.accounts, livePosts: expected.livePosts, aside: 0 })
}

function linesOf(bytes: Buffer): string[] {
  return bytes.toString().split('\n').filter(Boolean)
}
