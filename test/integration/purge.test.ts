import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { maintain } from '../../src/pipeline/maintain.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import { account, commit, identity } from '../support/events.ts'
import {
  ada,
  afterUs,
  bob,
  lifeOf,
  lives,
  manyRecords,
  numbersOf,
  post,
  postsOf,
  store,
  tid,
} from '../support/lives.ts'
import { openFolder, runProgram } from '../support/program.ts'

const open = () => openTestDatabase(inject('databaseUrl'))

function purge({ url }: TestDatabase, ...args: string[]) {
  return runProgram(['purge', ...args], { DATABASE_URL: url })
}

/** Maintenance as `start` runs it, until the scope ends. */
function startMaintenance(url: string, ledgerFile = ''): AsyncDisposable {
  const stop = new AbortController()
  const done = maintain({
    url,
    settings: readConfig({
      LEDGER_FILE: ledgerFile,
      // The events of these tests are older than what is kept.
      RETENTION_MINUTES_DAYS: '0',
      RETENTION_HOURS_DAYS: '0',
      RETENTION_AUTHORS_DAYS: '0',
    }),
    once: false,
    signal: stop.signal,
    logger: createLogger('silent'),
  })
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
    },
  }
}

test('while the program runs the posts of a deleted account are gone within seconds, then all the rest', async () => {
  await using db = await open()
  await using without = await open()
  await store(without.url, lifeOf(bob, ada))
  await store(db.url, lives)
  await using _running = startMaintenance(db.url)
  await store(db.url, [account(ada, afterUs, false, 'deleted')])
  await expect.poll(() => postsOf(db.url, ada), { timeout: 20_000, interval: 200 }).toEqual([])
  await expect
    .poll(() => numbersOf(db.url), { timeout: 60_000, interval: 500 })
    .toEqual(await numbersOf(without.url))
  expect((await purge(db, '--did', ada, '--verify')).code).toBe(0)
})

test('purge deletes what an account has written until now, and says that nothing is left', async () => {
  await using db = await open()
  await store(db.url, [identity(ada, 3, 'ada.example'), ...lives])
  const full = await purge(db, '--did', ada, '--verify', '--json')
  expect(full.code).toBe(1)
  expect(JSON.parse(full.stdout)).toMatchObject({
    accounts: 1,
    tables: { bluesky_post: 3, bluesky_record: 4, author_key: 3, raw_message: 0, handle: 1 },
  })
  expect(await purge(db, '--did', ada, '--yes')).toMatchObject({
    code: 0,
    stdout: '7 rows of 1 account deleted\n',
  })
  const empty = await purge(db, '--did', ada, '--verify')
  expect(empty.code).toBe(0)
  expect(empty.stdout).toMatch(/^Nothing left of 1 account\n {2}bluesky_post +0\n/)
  expect(empty.stdout).toMatch(/Kept by design: the entry in the deletion ledger, when an account/)
  expect((await purge(db, '--did', bob, '--verify')).code).toBe(1)
  expect((await runProgram(['verify'], { DATABASE_URL: db.url })).code).toBe(0)
  await store(db.url, [identity(ada, 2, 'older.example'), ...lives])
  expect((await purge(db, '--did', ada, '--verify')).code).toBe(0)
  expect((await purge(db, '--verify')).stdout).toMatch(/^Nothing left of 1 account\n/)
})

test('an account that goes on writing after a purge is stored again from then on', async () => {
  await using db = await open()
  await store(db.url, lives)
  await purge(db, '--did', ada, '--yes')
  const rev = `3${'z'.repeat(12)}`
  await store(db.url, [commit({ did: ada, rkey: tid(50), record: post, rev })])
  expect(await postsOf(db.url, ada)).toHaveLength(1)
  const verified = await purge(db, '--did', ada, '--verify')
  expect(verified).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Written since.*: 1 post\./),
  })
})

test('purge without a task, with two, or of nobody says what would be right', async () => {
  await using db = await open()
  await store(db.url, lives)
  const refused = async (...args: string[]) => (await purge(db, ...args)).stderr
  expect(await refused()).toMatch(/^USAGE_INVALID: say what to do\n--did <did> +delete what/)
  expect(await refused('--did', ada)).toMatch(/there is nobody to ask\n.*--yes/)
  expect(await refused('--did', 'ada.example')).toMatch(/^USAGE_INVALID: ada.example is no DID\n/)
  expect(await refused('--did', 'did:plc:nobody', '--yes')).toMatch(
    /^NOT_FOUND: nothing is stored of did:plc:nobody\n/,
  )
  expect(await refused('--did', 'did:plc:nobody', '--verify')).toMatch(/^NOT_FOUND/)
  expect(await refused('--did', ada, '--since', '7d')).toMatch(/--did and --since do not go/)
  expect(await refused('--ledger', 'file')).toMatch(/--ledger needs --since/)
  expect(await refused('--since', 'yesterday')).toMatch(/--since yesterday is no time/)
  expect(await refused('--since', '2999-01-01')).toMatch(/is in the future/)
  expect(await refused('--since', '7d', '--ledger', '/nowhere/ledger')).toMatch(
    /^FILE_UNREADABLE: cannot read \/nowhere\/ledger/,
  )
  expect(await refused('--write', '/nowhere/ledger')).toMatch(/^FILE_UNREADABLE: cannot write/)
  expect(await postsOf(db.url, ada)).toHaveLength(3)
  await using folder = await openFolder()
  expect(await runProgram(['purge', '--verify', '--data-dir', folder.path])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^DATABASE_UNAVAILABLE: there is no database/),
  })
})

test('a restored backup learns from the ledger what was deleted since, and says the same as before', async () => {
  await using db = await open()
  await using restored = await open()
  await using folder = await openFolder()
  const ledger = join(folder.path, 'ledger.jsonl')
  const third = manyRecords('did:plc:cyd', 60)
  const backup = [...lives, ...third]
  // Within the minute in which they were active anyway: when an account was active is not in the ledger.
  const deletes = [
    commit({ did: bob, rkey: tid(0), operation: 'delete', atUs: 9_000_000 }),
    commit({
      did: bob,
      rkey: tid(4),
      operation: 'delete',
      collection: 'app.bsky.graph.follow',
      atUs: 9_000_001,
    }),
    commit({
      did: bob,
      rkey: tid(3),
      operation: 'delete',
      collection: 'app.bsky.feed.like',
      atUs: 9_000_002,
    }),
  ]
  await store(db.url, backup)
  await store(db.url, deletes)
  await purge(db, '--did', ada, '--yes')
  await store(db.url, [account('did:plc:cyd', afterUs, false, 'takendown')])
  expect(await purge(db, '--since', '2026-01-01')).toMatchObject({ code: 0 })
  expect(await purge(db, '--write', ledger)).toMatchObject({
    code: 0,
    stdout: `2 accounts and 5 deleted records written to ${ledger}\n`,
  })
  expect((await purge(db, '--write', ledger)).stderr).toMatch(/is there already/)

  await store(restored.url, backup)
  const applied = await purge(restored, '--since', '2026-01-01', '--ledger', ledger)
  expect(applied).toMatchObject({
    code: 0,
    stdout: `7 lines of ${ledger} merged\n2 accounts: 7 rows deleted, 60 hidden or shown\n`,
  })
  expect(await numbersOf(restored.url)).toEqual(await numbersOf(db.url))
  const standing = (await digestDatabase(db.url)).account_standing
  expect((await digestDatabase(restored.url)).account_standing).toBe(standing)
  // What the source still has of the time before comes again, and changes nothing.
  await store(restored.url, [...backup, ...deletes], 7)
  expect(await numbersOf(restored.url)).toEqual(await numbersOf(db.url))
  await purge(restored, '--since', '2026-01-01', '--ledger', ledger)
  expect(await numbersOf(restored.url)).toEqual(await numbersOf(db.url))
})

test('a ledger file with a line that is none is refused, but for a last line that is half written', async () => {
  await using db = await open()
  await using folder = await openFolder()
  await store(db.url, lives)
  const ledger = join(folder.path, 'ledger.jsonl')
  await purge(db, '--did', ada, '--yes')
  await purge(db, '--write', ledger)
  const [line = ''] = (await readFile(ledger, 'utf8')).split('\n')
  const apply = async (text: string) => {
    await writeFile(ledger, text)
    return purge(db, '--since', '2026-01-01', '--ledger', ledger)
  }
  expect(await apply(`${line}\n${line.slice(0, 20)}`)).toMatchObject({ code: 0 })
  expect((await apply(`${line}\n{"kind":"post"}\n${line}\n`)).stderr).toMatch(
    /^FILE_UNREADABLE: .*ledger.jsonl, line 2: uri: .*\nA ledger file is what/,
  )
  expect((await apply('hello\n')).stderr).toMatch(/^FILE_UNREADABLE: .*line 1: it is not JSON/)
})

test('rows of an older backup that are put back go again with purge --since', async () => {
  await using db = await open()
  await store(db.url, lives)
  await readRows(db.url, 'create table backup as select * from bluesky_post')
  await purge(db, '--did', ada, '--yes')
  await readRows(
    db.url,
    'insert into bluesky_post select * from backup b where not exists (select from bluesky_post p where p.id = b.id)',
  )
  expect((await purge(db, '--verify')).code).toBe(1)
  expect((await purge(db, '--since', '2026-01-01')).stdout).toMatch(/3 rows deleted/)
  expect(await postsOf(db.url, ada)).toEqual([])
})

test('maintenance keeps a ledger file, from its last whole line on', async () => {
  await using db = await open()
  await using folder = await openFolder()
  const ledger = join(folder.path, 'ledger.jsonl')
  const didsIn = async () =>
    (await readFile(ledger, 'utf8').catch(() => ''))
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { did: string }).did)
  await store(db.url, [...lives, account(ada, afterUs, false, 'deleted')])
  {
    await using _running = startMaintenance(db.url, ledger)
    await expect.poll(didsIn, { timeout: 20_000 }).toEqual([ada])
  }
  await writeFile(ledger, '{"kind":"account","did":"did:plc:ha', { flag: 'a' })
  await store(db.url, [account(bob, afterUs, false, 'suspended')])
  {
    await using _running = startMaintenance(db.url, ledger)
    await expect.poll(async () => (await didsIn()).length, { timeout: 20_000 }).toBe(2)
  }
  expect(await didsIn()).toEqual([ada, bob])
})
