/**
 * Settling: the stored rows of accounts agree with what the deletion ledger says of them.
 *
 * New rows are judged when they are written; this puts the older ones right: those below an account's cut go, the others are
 * marked as hidden or shown, and with each of them what it counted. Guarantees: numbers and rows change in one transaction, of
 * a few thousand rows, so it may be killed at any moment and goes on the next time; an account is settled only when nobody
 * can write rows any more that were judged by what the ledger said before. Never: waits for those who read, or keeps those
 * who write waiting for longer than such a transaction.
 */
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { AppError } from '../../errors.ts'
import { chooseWaiting, markSettled, settlesAgainst } from './settle-choice.ts'
import { type Corrected, drainFound, findPosts, openWorkTables } from './settle-rows.ts'
import { sweepAuthors, sweepRecords } from './settle-sweep.ts'
import { removeHandles, removeMessages } from './settle-traces.ts'
import { waitForWriters } from './settle-writers.ts'

export interface SettleOptions {
  readonly signal: AbortSignal
  readonly onProgress?: (progress: SettleProgress) => void
  /** Only these accounts; all that wait where it is left out. */
  readonly dids?: readonly string[]
  /** How long to wait for transactions that began before the ledger was changed, ms. */
  readonly patienceMs?: number
}

export interface SettleProgress extends Corrected {
  readonly step: SettleStep
  /** How much of the step is done, 0 to 1. */
  readonly done: number
}

export type SettleStep = 'waiting' | 'posts' | 'records' | 'traces'

export interface Settled extends Corrected {
  /** Accounts that were looked at. */
  readonly accounts: number
  /** Those of them that are settled now. */
  readonly settled: number
  /** An older transaction that kept accounts from being settled, such as a writer that hangs. */
  readonly heldBy: string | null
}

/** Held by who settles: two would do the same work, and wait for each other's rows. */
const settleLock = 0x62736b73
const turnMs = 500
const standardPatienceMs = 2_000

/**
 * Deletes and marks the posts of accounts that wait, found by index: fast, whatever the size of the database.
 *
 * @param known the accounts whose posts are right, with the version of the ledger's entry; kept by the caller from one call
 * to the next, because the accounts go on waiting until their other records are right too
 */
export async function settlePosts(
  client: pg.Client,
  known: Map<string, string>,
  options: SettleOptions,
): Promise<Settled | null> {
  return withTurn(client, async () => {
    await openWorkTables(client)
    const chosen = await chooseWaiting(client, options.dids ?? null, known)
    const run = openRun(options)
    if (chosen.size === 0) return run.result(0, 0, null)
    const heldBy = await waitForWriters(client, options.signal, patienceOf(options))
    await correctPosts(client, run, options.signal)
    if (!options.signal.aborted && heldBy === null) {
      for (const [id, version] of chosen) known.set(id, version)
    }
    return run.result(chosen.size, 0, heldBy)
  })
}

/**
 * Puts everything right that is stored of accounts that wait, and settles them. Reads every partition of bluesky_record and
 * author_key once, for all of them together, since no index leads from an account to its records. Returns null where another
 * process is at it. Ends early when the signal aborts.
 */
export async function settleAccounts(
  client: pg.Client,
  options: SettleOptions,
): Promise<Settled | null> {
  return withTurn(client, async () => {
    const { signal } = options
    await openWorkTables(client)
    const run = openRun(options)
    const chosen = await chooseWaiting(client, options.dids ?? null, new Map())
    if (chosen.size === 0) return run.result(0, 0, null)
    run.at('waiting', 0)
    const heldBy = await waitForWriters(client, signal, patienceOf(options))
    await correctPosts(client, run, signal)
    await sweepRecords(client, signal, (done, corrected) => {
      run.add(corrected)
      run.at('records', done)
    })
    await sweepAuthors(client, signal, (done) => run.at('traces', done))
    if (signal.aborted) return run.result(chosen.size, 0, heldBy)
    await removeMessages(client)
    const settled = heldBy === null ? await markSettled(client) : 0
    return run.result(chosen.size, settled, heldBy)
  })
}

/**
 * As `settleAccounts`, again and again until none of the accounts waits any more; waits for its turn. Throws `AppError`
 * `DATABASE_UNAVAILABLE` where an older transaction does not end.
 */
export async function settleToTheEnd(client: pg.Client, options: SettleOptions): Promise<Settled> {
  const total = { accounts: 0, settled: 0, deleted: 0, changed: 0 }
  while (!options.signal.aborted) {
    const result = await settleAccounts(client, options)
    if (!result) {
      options.onProgress?.({ step: 'waiting', done: 0, deleted: 0, changed: 0 })
      await setTimeout(turnMs, undefined, { signal: options.signal }).catch(() => undefined) // aborted: the loop ends
      continue
    }
    total.accounts = Math.max(total.accounts, result.accounts)
    total.settled += result.settled
    total.deleted += result.deleted
    total.changed += result.changed
    if (result.heldBy !== null && !options.signal.aborted) {
      throw new AppError(
        'DATABASE_UNAVAILABLE',
        `a transaction is in the way that does not end: ${result.heldBy}`,
        { hint: 'What is done stays done. Run it again when that one has ended.' },
      )
    }
    if (result.accounts === 0) break
  }
  return { ...total, heldBy: null }
}

async function correctPosts(client: pg.Client, run: Run, signal: AbortSignal): Promise<void> {
  await removeHandles(client)
  const found = await findPosts(client)
  await drainFound(client, 'bluesky_post', signal, (done, corrected) => {
    run.add(corrected)
    run.at('posts', found === 0 ? 1 : done / found)
  })
}

function patienceOf({ patienceMs = standardPatienceMs }: SettleOptions): number {
  return patienceMs
}

/** Null where another process has the turn. */
async function withTurn<T>(client: pg.Client, work: () => Promise<T>): Promise<T | null> {
  if (!(await settlesAgainst(client, settleLock))) return null
  try {
    return await work()
  } finally {
    await client.query('select pg_advisory_unlock($1)', [settleLock]).catch(() => undefined) // a lost connection has lost it
  }
}

interface Run {
  add(corrected: Corrected): void
  at(step: SettleStep, done: number): void
  result(accounts: number, settled: number, heldBy: string | null): Settled
}

function openRun({ onProgress }: SettleOptions): Run {
  let deleted = 0
  let changed = 0
  return {
    add(corrected) {
      deleted += corrected.deleted
      changed += corrected.changed
    },
    at(step, done) {
      onProgress?.({ step, done, deleted, changed })
    },
    result: (accounts, settled, heldBy) => ({ accounts, settled, heldBy, deleted, changed }),
  }
}
