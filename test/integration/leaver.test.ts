import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { formatTid } from '../../src/event/tid.ts'
import { openStore } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { readRows } from '../support/database-state.ts'
import { framesOf } from '../support/events.ts'
import { type FakeJetstream, openFakeJetstream } from '../support/fake-jetstream.ts'
import { openFolder, Program, runProgram } from '../support/program.ts'

/** `LEAVER_RECORDS=100000 LEAVER_RATE=1000` is an account that did much, on a busy day. */
const records = Number(process.env.LEAVER_RECORDS ?? 10_000)
const rate = Number(process.env.LEAVER_RATE ?? 300)
const leaver = 'did:plc:leaver'
const word = 'quagga'
const tickMs = 100

test('what an account with many records wrote is out of every answer within 5 s of its deletion, and gone soon after, while everything else flows', {
  timeout: 300_000,
}, async () => {
  await using folder = await openFolder()
  await using db = await openTestDatabase(inject('databaseUrl'))
  const questions = questionsFor(await storeHistory(db.url))
  await using host = await openFakeJetstream()
  await using program = new Program(['start', '--json'], {
    DATABASE_URL: db.url,
    DATA_DIR: folder.path,
    JETSTREAM_URL: host.url,
    PORT: '0',
  })
  const { url } = JSON.parse(await program.firstLine()) as { url: string }
  await host.connection(1)
  expect(await whereTold(url, questions)).toEqual(questions)
  const stop = new AbortController()
  const crowd = sendCrowd(host, stop.signal)
  try {
    await expect
      .poll(() => countCrowd(db.url), { timeout: 30_000, interval: 100 })
      .toBeGreaterThan(0)

    const left = performance.now()
    host.append(accountDeleted())
    await expect
      .poll(() => whereTold(url, questions), { timeout: 30_000, interval: 50 })
      .toEqual([])
    expect(performance.now() - left).toBeLessThan(5_000)

    const verify = async () =>
      (await runProgram(['purge', '--did', leaver, '--verify'], { DATABASE_URL: db.url })).code
    await expect.poll(verify, { timeout: 200_000, interval: 1_000 }).toBe(0)
    expect(await (await fetch(`${url}/api/v1/top?dimension=tag&limit=100`)).text()).not.toContain(
      word,
    )
  } finally {
    stop.abort()
  }
  const sent = await crowd
  expect(sent).toBeGreaterThan(rate)
  // Nothing waits: the last of them is stored as soon as a batch is.
  await expect.poll(() => countCrowd(db.url), { timeout: 5_000, interval: 100 }).toBe(sent)
})

/** Lists in which the account is, and what is told when one asks for it or for a post of its own. */
const questionsFor = (postUri: string) => [
  '/api/v1/posts?limit=100',
  `/api/v1/posts?author=${leaver}&limit=100`,
  `/api/v1/posts?tag=${word}&limit=100`,
  '/api/v1/users?limit=100',
  `/api/v1/account?account=${leaver}`,
  `/api/v1/engagement?uri=${encodeURIComponent(postUri)}`,
]

/** Which of the answers hold the account's words. */
async function whereTold(url: string, questions: readonly string[]): Promise<string[]> {
  const told: string[] = []
  for (const question of questions) {
    const text = await (await fetch(url + question)).text()
    if (text.includes(`the ${word} said`) || text.includes(`${word}.example`)) told.push(question)
  }
  return told
}

/** Half posts, the rest likes, within the last hour. Returns the AT-URI of the first post. */
async function storeHistory(url: string): Promise<string> {
  const nowUs = Date.now() * 1_000
  const firstUs = nowUs - 3_400_000_000
  const lines: object[] = [
    {
      did: leaver,
      time_us: nowUs - 3_500_000_000,
      kind: 'identity',
      identity: { did: leaver, seq: 1, time: new Date().toISOString(), handle: `${word}.example` },
    },
  ]
  for (let n = 0; n < records; n++) {
    const timeUs = firstUs + Math.floor((n / records) * 3_300_000_000)
    const isPost = n % 2 === 0
    lines.push(
      commitLine(leaver, timeUs, {
        collection: isPost ? 'app.bsky.feed.post' : 'app.bsky.feed.like',
        record: isPost
          ? { text: `the ${word} said ${n}`, langs: ['en'], tags: [word] }
          : { subject: { uri: `at://did:plc:other/app.bsky.feed.post/${formatTid(timeUs, 3)}` } },
      }),
    )
  }
  const frames = framesOf(lines).map((frame) => ({ ...frame, receivedUs: nowUs }))
  await using store = await openStore({ url, source: 'file:history' })
  for (let at = 0; at < frames.length; at += 5_000) {
    await store.write(await store.prepare({ frames: frames.slice(at, at + 5_000), gaps: [] }))
  }
  return `at://${leaver}/app.bsky.feed.post/${formatTid(firstUs, 1)}`
}

/** Likes by many, as many a second as asked for, until told to stop. Resolves to how many. */
async function sendCrowd(host: FakeJetstream, signal: AbortSignal): Promise<number> {
  const started = performance.now()
  let sent = 0
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - started) / 1_000) * rate)
    const lines: string[] = []
    for (; sent < due; sent++) {
      const timeUs = Date.now() * 1_000 + (sent % 1_000)
      const record = {
        subject: { uri: `at://${leaver}/app.bsky.feed.post/${formatTid(timeUs, 2)}` },
      }
      const did = `did:plc:crowd${sent % 5_000}`
      lines.push(
        JSON.stringify(
          commitLine(did, timeUs, {
            collection: 'app.bsky.feed.like',
            record,
            clock: sent % 1_000,
          }),
        ),
      )
    }
    if (lines.length > 0) host.append(...lines)
    await sleep(tickMs, undefined, { signal }).catch(() => undefined) // aborted: the loop ends
  }
  return sent
}

function commitLine(
  did: string,
  timeUs: number,
  { collection, record, clock = 1 }: { collection: string; record: object; clock?: number },
): object {
  return {
    did,
    time_us: timeUs,
    kind: 'commit',
    commit: {
      rev: formatTid(timeUs, clock),
      operation: 'create',
      collection,
      rkey: formatTid(timeUs, clock),
      record: { $type: collection, createdAt: new Date(timeUs / 1_000).toISOString(), ...record },
      cid: 'bafyreiaxf7tgbfydx3465sckitq6v564thxe2wwydbi7cwxbxvgssje3em',
    },
  }
}

function accountDeleted(): string {
  const timeUs = Date.now() * 1_000
  const time = new Date(timeUs / 1_000).toISOString()
  return JSON.stringify({
    did: leaver,
    time_us: timeUs,
    kind: 'account',
    account: { active: false, did: leaver, seq: 2, time, status: 'deleted' },
  })
}

async function countCrowd(url: string): Promise<number> {
  const [row] = await readRows<{ n: number }>(
    url,
    `select coalesce(sum(n), 0)::int as n from count_day
     where dimension = 'operation' and key = 'app.bsky.feed.like/create'`,
  )
  return row?.n ?? 0
}
