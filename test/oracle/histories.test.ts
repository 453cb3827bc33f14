import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import type { Frame } from '../../src/event/frame.ts'
import { formatId, subjectId, userId } from '../../src/event/ids.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { openTestDatabase } from '../support/database.ts'
import { digestDatabase, readRows } from '../support/database-state.ts'
import { framesOf } from '../support/events.ts'
import { settle } from '../support/settle.ts'
import { history } from './histories.ts'
import { type NaiveNumbers, numbersOf } from './naive-numbers.ts'
import { readNumbers } from './stored-numbers.ts'

/** Networks of thirty accounts with a history each; `HISTORIES=3000` runs them for as long as one likes. */
const networks = Number(process.env.HISTORIES ?? 40)
const parts = 3

test('rows, counts, authors, engagement and ties of any history equal a naive model, however it is cut, shared out, broken off and repeated', async () => {
  await using db = await openTestDatabase(inject('databaseUrl'))
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.nat({ max: 30 }), { maxLength: 3 }),
      async (events, size, crashes) => {
        await readRows(
          db.url,
          `truncate bluesky_user, bluesky_post, bluesky_record, raw_message, position, gap, coverage, collection,
             count_minute, count_hour, count_day, author_hour, author_day, author_key, account_standing, engagement, tie`,
        )
        const frames = framesOf(events)
        const expected = numbersOf(frames.map(({ bytes }) => bytes.toString()))
        await storeShared(db.url, frames, { size, crashes })
        await settle(db.url)
        expect(await readNumbers(db.url)).toEqual(namedByIds(expected))
        expect(await readOutcomes(db.url)).toEqual(outcomesOf(expected))
        const before = await digestDatabase(db.url)
        await store(db.url, frames.toSorted(byAccount), 7)
        await settle(db.url)
        expect(await digestDatabase(db.url)).toEqual(before)
      },
    ),
    { numRuns: networks },
  )
}, 600_000)

/** By one writer for each part, as workers of Kafka would; a crash cuts all their connections in the middle of a batch. */
async function storeShared(
  url: string,
  frames: readonly Frame[],
  { size, crashes }: { size: number; crashes: readonly number[] },
): Promise<void> {
  const shares = Array.from({ length: parts }, (_, part) =>
    frames.filter(({ bytes }) => partOf(bytes) === part),
  )
  let batches = 0
  const done = await Promise.allSettled(
    shares.map(async (share, part) => {
      for (let at = 0; at < share.length; ) {
        try {
          await using writer = await openStore({ url, source: 'kafka:test', part })
          const last = writer.position?.seq ?? null
          at = share.findLastIndex(({ position }) => position.seq === last) + 1
          while (at < share.length) {
            const writing = write(writer, share.slice(at, at + size))
            writing.catch(() => undefined) // awaited below, when the connection is cut
            if (crashes.includes(batches++)) await cut(url)
            await writing
            at += size
          }
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'DATABASE_UNAVAILABLE') throw error
        }
      }
    }),
  )
  for (const share of done) if (share.status === 'rejected') throw share.reason
}

async function cut(url: string): Promise<void> {
  await sleep(Math.random() * 10)
  await readRows(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'store kafka:test'`,
  )
}

async function store(url: string, frames: readonly Frame[], size: number): Promise<void> {
  await using writer = await openStore({ url, source: 'jetstream' })
  for (let i = 0; i < frames.length; i += size) await write(writer, frames.slice(i, i + size))
}

async function write(writer: Store, frames: readonly Frame[]): Promise<void> {
  await writer.write(await writer.prepare({ frames, gaps: [] }))
}

/** Another order between accounts, the same within each: what a second host may send. */
function byAccount(a: { bytes: Buffer }, b: { bytes: Buffer }): number {
  return didOf(a.bytes).localeCompare(didOf(b.bytes))
}

function partOf(bytes: Buffer): number {
  return (didOf(bytes).charCodeAt(didOf(bytes).length - 1) ?? 0) % parts
}

function didOf(bytes: Buffer): string {
  return (JSON.parse(bytes.toString()) as { did: string }).did
}

function namedByIds({ counts, authors, engagement, ties }: NaiveNumbers): object {
  return {
    counts,
    authors,
    engagement: rename(engagement, (uri) => formatId(subjectId(uri) ?? '')),
    ties: rename(ties, (did) => formatId(userId(did))),
  }
}

function rename<T>(
  record: Record<string, T>,
  name: (subject: string) => string,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => {
      const [subject = '', bucket] = key.split(' ')
      return [`${name(subject)} ${bucket}`, value]
    }),
  )
}

/** How many rows there are of each outcome, by collection. */
function outcomesOf({ rows }: NaiveNumbers): Record<string, number> {
  const outcomes: Record<string, number> = {}
  for (const [name, outcome] of Object.entries(rows)) {
    const collection = name.startsWith('at://') ? name.split('/')[3] : `$${name.split(' ')[1]}`
    const key = `${collection} ${outcome}`
    outcomes[key] = (outcomes[key] ?? 0) + 1
  }
  return outcomes
}

async function readOutcomes(url: string): Promise<Record<string, number>> {
  const rows = await readRows<{ key: string; n: number }>(
    url,
    `select collection || ' ' || operation || case when hidden then ' hidden' else '' end as key, count(*)::int as n
     from (
       select collection, operation, hidden from bluesky_post
       union all
       select collection, operation, hidden from bluesky_record
     ) as record
     group by key`,
  )
  return Object.fromEntries(rows.map(({ key, n }) => [key, n]))
}
