import fc from 'fast-check'
import type pg from 'pg'
import { expect, inject, test } from 'vitest'
import { openClient } from '../../src/db/pool.ts'
import {
  type Settled,
  settleAccounts,
  settlePosts,
} from '../../src/store/deletion/settle-accounts.ts'
import { openStore } from '../../src/store/store.ts'
import { history } from '../oracle/histories.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import { account, baseUs, commit, framesOf, identity } from '../support/events.ts'
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
  storeFrames,
  sync,
  tid,
  withClient,
} from '../support/lives.ts'

const never = new AbortController().signal

async function settle(url: string): Promise<Settled | null> {
  return withClient(url, (client) => settleAccounts(client, { signal: never, patienceMs: 10 }))
}

test('a deleted account takes its text, its records and all that they counted with it', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using without = await openTestDatabase(inject('databaseUrl'))
  await store(db.url, lives)
  await store(db.url, [account(ada, afterUs, false, 'deleted')])
  await store(without.url, lifeOf(bob, ada))
  expect(await settle(db.url)).toEqual({
    accounts: 1,
    settled: 1,
    deleted: 7,
    changed: 0,
    heldBy: null,
  })
  expect(await numbersOf(db.url)).toEqual(await numbersOf(without.url))
  expect(await authorKeysOf(db.url, ada)).toBe(0)
})

test('the posts alone go at once, and the account waits for the rest', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await store(db.url, lives)
  await store(db.url, [account(ada, afterUs, false, 'deleted')])
  const known = new Map<string, string>()
  const first = await withClient(db.url, async (client) => {
    const options = { signal: never, patienceMs: 10 }
    const settled = await settlePosts(client, known, options)
    expect(await settlePosts(client, known, options)).toMatchObject({ accounts: 0 })
    return settled
  })
  expect(first).toMatchObject({ accounts: 1, settled: 0, deleted: 3 })
  expect(await postsOf(db.url, ada)).toEqual([])
  expect(await settle(db.url)).toMatchObject({ accounts: 1, settled: 1, deleted: 4 })
})

test('a hidden account counts nothing, and everything again when it is back', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using without = await openTestDatabase(inject('databaseUrl'))
  await store(db.url, lives)
  const before = await numbersOf(db.url)
  await store(db.url, [account(ada, afterUs, false, 'takendown')])
  expect(await settle(db.url)).toMatchObject({ settled: 1, deleted: 0, changed: 7 })
  await store(without.url, lifeOf(bob, ada))
  const { bluesky_post: _, records: __, author_key: ___, ...hidden } = await numbersOf(db.url)
  expect(await numbersOf(without.url)).toMatchObject(hidden)
  await store(db.url, [account(ada, afterUs + 1, true)])
  expect(await settle(db.url)).toMatchObject({ settled: 1, deleted: 0, changed: 7 })
  expect(await numbersOf(db.url)).toEqual(before)
})

test('a resync drops what is older and keeps what replaces it', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using without = await openTestDatabase(inject('databaseUrl'))
  const later = [
    commit({ did: ada, rkey: tid(0), operation: 'update', atUs: afterUs + 1, record: post }),
    commit({ did: ada, rkey: tid(20), atUs: afterUs + 2, record: post }),
  ]
  await store(db.url, lives)
  await store(db.url, [sync(ada, afterUs), ...later])
  await store(without.url, [...lifeOf(bob, ada), ...later])
  expect(await settle(db.url)).toMatchObject({ settled: 1, deleted: 6, changed: 0 })
  expect(await numbersOf(db.url)).toEqual(await numbersOf(without.url))
  expect(await postsOf(db.url, ada)).toHaveLength(2)
})

test('reading everything from before the deletion again brings nothing back', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const broken = { did: ada, time_us: baseUs + 5, kind: 'novelty', text: 'hers' }
  const foreign = { did: bob, time_us: baseUs + 5, kind: 'novelty', text: 'his' }
  const before = [identity(ada, 3, 'ada.example'), ...lives, broken, foreign]
  await store(db.url, before)
  await store(db.url, [account(ada, afterUs, false, 'deleted')])
  await settle(db.url)
  const settled = await digestDatabase(db.url)
  expect(await readRows(db.url, 'select handle from bluesky_user where did = $1', [ada])).toEqual([
    { handle: null },
  ])
  expect(await readRows(db.url, 'select did from raw_message')).toEqual([{ did: bob }])
  await store(db.url, [...before, identity(ada, 2, 'older.example')], 3)
  const again = await digestDatabase(db.url)
  // A notice that was not seen before is one more; it says nothing about the account's content.
  expect(Object.keys(settled).filter((table) => settled[table] !== again[table])).toEqual([
    'bluesky_record',
    'count_minute',
    'count_hour',
    'count_day',
  ])
  expect(await postsOf(db.url, ada)).toEqual([])
})

test('a handle that was never seen does not come with a replay of what was before the deletion', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await store(db.url, [account(ada, 10, false, 'deleted')])
  await settle(db.url)
  await store(db.url, [identity(ada, 5, 'ada.example')])
  expect(await readRows(db.url, 'select handle from bluesky_user')).toEqual([{ handle: null }])
})

test('an account is not settled while a writer may still store what it judged before', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using writer = await openHeldWriter(db.url, 40_000_000)
  await writer.write(lives)
  await writer.hold()
  const held = writer.write([
    commit({ did: ada, rkey: tid(40), atUs: 40_000_000, collection: 'app.bsky.feed.like' }),
  ])
  await writer.isHeld()
  await store(db.url, [account(ada, afterUs, false, 'deleted')])
  expect(await settle(db.url)).toMatchObject({
    accounts: 1,
    settled: 0,
    deleted: 7,
    heldBy: expect.stringContaining('store held'),
  })
  await writer.release()
  await held
  expect(await settle(db.url)).toMatchObject({ settled: 1, deleted: 1, heldBy: null })
})

test('who only reads, such as a dump of the database, keeps nothing from being settled', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await store(db.url, lives)
  await withClient(db.url, async (reader) => {
    await reader.query('begin isolation level repeatable read')
    await reader.query('select count(*) from account_standing')
    await store(db.url, [account(ada, afterUs, false, 'deleted')])
    expect(await settle(db.url)).toMatchObject({ settled: 1, heldBy: null })
    await reader.query('commit')
  })
})

test('the accounts behind a day are right, also where a writer adds an hour at the same time', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  const hourUs = 3_600_000_000
  await using writer = await openHeldWriter(db.url, 2 * hourUs)
  await writer.write([commit({ did: ada, rkey: tid(0), record: post })])
  await writer.write([sync(ada, hourUs)])
  await writer.hold()
  const held = writer.write([commit({ did: ada, rkey: tid(9), atUs: 2 * hourUs, record: post })])
  await writer.isHeld()
  const settling = settle(db.url)
  await expect.poll(() => waitingForAuthors(db.url), { timeout: 10_000 }).toBe(1)
  await writer.release()
  await held
  expect(await settling).toMatchObject({ deleted: 1 })
  await settle(db.url)
  expect(
    await readRows(
      db.url,
      `select sum(n)::int as n, sum(authors)::int as authors from count_day where dimension = 'tag'`,
    ),
  ).toEqual([{ n: 1, authors: 1 }])
})

async function waitingForAuthors(url: string): Promise<number> {
  const [row] = await readRows<{ n: number }>(
    url,
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and query like '%for no key update of author_day%'`,
  )
  return row?.n ?? 0
}

test('what the ledger says anew while an account is put right is not taken for done', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await store(db.url, lives)
  const before = await numbersOf(db.url)
  await store(db.url, [account(ada, afterUs, false, 'takendown')])
  await withClient(db.url, async (client) => {
    await using other = await openStore({ url: db.url, source: 'jetstream' })
    // The account comes back when its posts are hidden, before its other records are.
    await client.query('begin')
    await client.query('lock table bluesky_record_other in share row exclusive mode')
    const settling = settle(db.url)
    await expect.poll(() => shownPosts(db.url)).toBe(3)
    const back = storeFrames(other, framesOf([account(ada, afterUs + 1, true)]))
    await client.query('commit')
    await back
    expect(await settling).toMatchObject({ accounts: 1 })
  })
  expect(await settle(db.url)).toMatchObject({ accounts: 1, settled: 1 })
  expect(await numbersOf(db.url)).toEqual(before)
})

test('two never settle at once', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await store(db.url, [account(ada, afterUs, false, 'deleted')])
  await withClient(db.url, async (other) => {
    await other.query('select pg_advisory_lock($1)', [0x62736b73])
    expect(await settle(db.url)).toBeNull()
  })
  await expect.poll(() => settle(db.url)).toMatchObject({ settled: 1 })
})

test.each(['stopped', 'cut off'] as const)(
  'a purge that is %s goes on the next time and comes to the same',
  async (how) => {
    await using db = await openTestDatabase(inject('databaseUrl'))
    await using without = await openTestDatabase(inject('databaseUrl'))
    const many = manyRecords(ada, 12_000)
    await store(db.url, [...lives, ...many], 5_000)
    await store(db.url, [account(ada, afterUs, false, 'deleted')])
    await withClient(db.url, async (client) => {
      const stop = new AbortController()
      const settling = settleAccounts(client, {
        signal: stop.signal,
        onProgress({ step, deleted }) {
          if (step !== 'records' || deleted < 3_000) return
          if (how === 'stopped') stop.abort()
          else void cutOff(db.url, client)
        },
      })
      if (how === 'stopped') expect(await settling).toMatchObject({ settled: 0 })
      else await expect(settling).rejects.toThrow()
    })
    const [left] = await readRows<{ n: number }>(
      db.url,
      `select count(*)::int as n from bluesky_record where collection not like '$%'`,
    )
    expect(left?.n).toBeGreaterThan(1_000)
    await expect.poll(() => settle(db.url)).toMatchObject({ settled: 1 })
    await store(without.url, lifeOf(bob, ada))
    expect(await numbersOf(db.url)).toEqual(await numbersOf(without.url))
  },
)

test('100,000 records of an account go while others are stored, and nothing is left', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await using without = await openTestDatabase(inject('databaseUrl'))
  await store(db.url, lives)
  await store(db.url, manyRecords(ada, 100_000), 10_000)
  await store(db.url, [account(ada, afterUs, false, 'deleted')])
  const others = Array.from({ length: 40 }, (_, n) => manyRecords(`did:plc:other${n}`, 250))
  const started = performance.now()
  const storing = (async () => {
    await using open = await openStore({ url: db.url, source: 'jetstream' })
    for (const batch of others) await storeFrames(open, framesOf(batch))
  })()
  await expect.poll(() => settle(db.url), { timeout: 60_000 }).toMatchObject({ settled: 1 })
  expect(performance.now() - started).toBeLessThan(60_000)
  await storing
  await store(without.url, [...lifeOf(bob, ada), ...others.flat()], 5_000)
  expect(await numbersOf(db.url)).toEqual(await numbersOf(without.url))
})

test('whenever it settles, and whatever came first, the database says the same', async () => {
  await using orderly = await openTestDatabase(inject('databaseUrl'))
  await using late = await openTestDatabase(inject('databaseUrl'))
  await using early = await openTestDatabase(inject('databaseUrl'))
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 1, max: 60 }), async (events, size) => {
      for (const { url } of [orderly, late, early]) await empty(url)
      for (let i = 0; i < events.length; i += size) {
        await store(orderly.url, events.slice(i, i + size))
        expect(await settle(orderly.url)).toMatchObject({ heldBy: null })
      }
      await store(late.url, events, size)
      await settle(late.url)
      const isNotice = (event: object) => Object(event).kind !== 'commit'
      await store(early.url, [
        ...events.filter(isNotice),
        ...events.filter((event) => !isNotice(event)),
      ])
      await settle(early.url)
      const expected = await digestDatabase(early.url)
      expect(await digestDatabase(late.url)).toEqual(expected)
      expect(await digestDatabase(orderly.url)).toEqual(expected)
    }),
    { numRuns: 15 },
  )
})

test('settling all the while two writers store changes nothing about what they come to', async () => {
  await using alone = await openTestDatabase(inject('databaseUrl'))
  await using busy = await openTestDatabase(inject('databaseUrl'))
  await fc.assert(
    fc.asyncProperty(history, async (events) => {
      for (const { url } of [alone, busy]) await empty(url)
      await store(alone.url, events, 20)
      await settle(alone.url)
      const shares = [0, 1].map((part) => ({
        part,
        frames: framesOf(events.filter((event) => Object(event).did.length % 2 === part)),
      }))
      let storing = true
      const settling = withClient(busy.url, async (client) => {
        while (storing) await settleAccounts(client, { signal: never })
      })
      await Promise.all(
        shares.map(async ({ part, frames }) => {
          await using open = await openStore({ url: busy.url, source: 'jetstream', part })
          await storeFrames(open, frames, 7)
        }),
      )
      storing = false
      await settling
      await settle(busy.url)
      expect(await digestDatabase(busy.url)).toEqual(await digestDatabase(alone.url))
    }),
    { numRuns: 10 },
  )
})

async function empty(url: string): Promise<void> {
  await readRows(
    url,
    `truncate bluesky_user, bluesky_post, bluesky_record, raw_message, position, gap, coverage, collection,
       account_standing, engagement, tie, count_minute, count_hour, count_day, author_hour, author_day, author_key`,
  )
}

async function shownPosts(url: string): Promise<number> {
  const [row] = await readRows<{ n: number }>(
    url,
    'select count(*)::int as n from bluesky_post where not hidden',
  )
  return row?.n ?? -1
}

async function authorKeysOf(url: string, did: string): Promise<number> {
  const [row] = await readRows<{ n: number }>(
    url,
    'select count(*)::int as n from author_key k join bluesky_user u on u.id = k.user_id where u.did = $1',
    [did],
  )
  return row?.n ?? -1
}

async function cutOff(url: string, client: pg.Client): Promise<void> {
  await readRows(url, 'select pg_terminate_backend($1)', [Object(client).processID])
}

interface HeldWriter extends AsyncDisposable {
  write(events: readonly object[]): Promise<void>
  /** From here on it is held when it has written its rows: somebody else has a count that it needs. */
  hold(): Promise<void>
  isHeld(): Promise<void>
  release(): Promise<void>
}

/** @param atUs a minute whose counts it writes when it is held */
async function openHeldWriter(url: string, atUs: number): Promise<HeldWriter> {
  const part = 5
  const scope = new AsyncDisposableStack()
  const blocker = await openClient({ url, statementTimeoutMs: 0, applicationName: 'blocker' })
  scope.defer(() => blocker.end())
  const open = scope.use(await openStore({ url, source: 'held', part }))
  return {
    write: (events) => storeFrames(open, framesOf(events)),
    async hold() {
      await blocker.query(
        `insert into count_minute (bucket, dimension, key, part, n)
         values
           (date_trunc('minute', to_timestamp($1)), 'collection', 'app.bsky.feed.post', ${part}, 0),
           (date_trunc('minute', to_timestamp($1)), 'collection', 'app.bsky.feed.like', ${part}, 0)`,
        [(baseUs + atUs) / 1_000_000],
      )
      await blocker.query('begin')
      await blocker.query(`select from count_minute where part = ${part} for update`)
    },
    async isHeld() {
      await expect
        .poll(() =>
          readRows(
            url,
            'select count(*)::int as n from pg_stat_activity where $1 = any(pg_blocking_pids(pid))',
            [Object(blocker).processID],
          ),
        )
        .toEqual([{ n: 1 }])
    },
    release: async () => void (await blocker.query('commit')),
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  }
}
